import { sitesContract } from './contract/sites.js';
import { sqliteFactory } from './sqlite-factory.js';

sitesContract(sqliteFactory);

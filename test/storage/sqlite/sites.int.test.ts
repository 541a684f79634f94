import { sitesContract } from '../contract/sites.js';
import { sqliteFactory } from './factory.js';

sitesContract(sqliteFactory);

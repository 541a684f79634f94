import { rulesContract } from './contract/rules.js';
import { sqliteFactory } from './sqlite-factory.js';

rulesContract(sqliteFactory);

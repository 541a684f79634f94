import { rulesContract } from '../contract/rules.js';
import { sqliteFactory } from './factory.js';

rulesContract(sqliteFactory);

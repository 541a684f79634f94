import { limitsContract } from './contract/limits.js';
import { sqliteFactory } from './sqlite-factory.js';

limitsContract(sqliteFactory);

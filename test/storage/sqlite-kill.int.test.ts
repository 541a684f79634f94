import { killContract } from './contract/kill.js';
import { sqliteFactory } from './sqlite-factory.js';

killContract(sqliteFactory);

import { killContract } from '../contract/kill.js';
import { sqliteFactory } from './factory.js';

killContract(sqliteFactory);

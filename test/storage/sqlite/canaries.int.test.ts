import { canariesContract } from '../contract/canaries.js';
import { sqliteFactory } from './factory.js';

canariesContract(sqliteFactory);

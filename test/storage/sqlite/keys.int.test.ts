import { keysContract } from '../contract/keys.js';
import { sqliteFactory } from './factory.js';

keysContract(sqliteFactory);

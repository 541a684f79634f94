import { exceptionsContract } from '../contract/exceptions.js';
import { sqliteFactory } from './factory.js';

exceptionsContract(sqliteFactory);

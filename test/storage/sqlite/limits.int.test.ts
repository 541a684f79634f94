import { limitsContract } from '../contract/limits.js';
import { sqliteFactory } from './factory.js';

limitsContract(sqliteFactory);

import { journalContract } from '../contract/journal.js';
import { sqliteFactory } from './factory.js';

journalContract(sqliteFactory);

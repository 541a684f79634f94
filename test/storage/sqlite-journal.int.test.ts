import { journalContract } from './contract/journal.js';
import { sqliteFactory } from './sqlite-factory.js';

journalContract(sqliteFactory);

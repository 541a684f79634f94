import { listsContract } from './contract/lists.js';
import { sqliteFactory } from './sqlite-factory.js';

listsContract(sqliteFactory);

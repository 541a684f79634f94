import { listImportsContract } from '../contract/list-imports.js';
import { listKeepingContract } from '../contract/list-keeping.js';
import { listTimelinesContract } from '../contract/list-timelines.js';
import { listsContract } from '../contract/lists.js';
import { sqliteFactory } from './factory.js';

listsContract(sqliteFactory);
listTimelinesContract(sqliteFactory);
listImportsContract(sqliteFactory);
listKeepingContract(sqliteFactory);

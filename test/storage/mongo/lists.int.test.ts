import { describeMongo } from '../../support/mongo-suite.js';
import { listImportsContract } from '../contract/list-imports.js';
import { listKeepingContract } from '../contract/list-keeping.js';
import { listTimelinesContract } from '../contract/list-timelines.js';
import { listsContract } from '../contract/lists.js';
import { mongoFactory } from './factory.js';

describeMongo('lists contract', (uri) => {
  listsContract(mongoFactory(uri));
  listTimelinesContract(mongoFactory(uri));
  listImportsContract(mongoFactory(uri));
  listKeepingContract(mongoFactory(uri));
});

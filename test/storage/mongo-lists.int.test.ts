import { describeMongo } from '../support/mongo-suite.js';
import { listsContract } from './contract/lists.js';
import { mongoFactory } from './mongo-factory.js';

describeMongo('lists contract', (uri) => listsContract(mongoFactory(uri)));

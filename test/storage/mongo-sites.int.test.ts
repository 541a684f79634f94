import { describeMongo } from '../support/mongo-suite.js';
import { sitesContract } from './contract/sites.js';
import { mongoFactory } from './mongo-factory.js';

describeMongo('sites contract', (uri) => sitesContract(mongoFactory(uri)));

import { describeMongo } from '../../support/mongo-suite.js';
import { keysContract } from '../contract/keys.js';
import { mongoFactory } from './factory.js';

describeMongo('keys contract', (uri) => keysContract(mongoFactory(uri)));

import { describeMongo } from '../../support/mongo-suite.js';
import { canariesContract } from '../contract/canaries.js';
import { mongoFactory } from './factory.js';

describeMongo('canaries contract', (uri) => canariesContract(mongoFactory(uri)));

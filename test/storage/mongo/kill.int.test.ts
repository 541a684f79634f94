import { describeMongo } from '../../support/mongo-suite.js';
import { killContract } from '../contract/kill.js';
import { mongoFactory } from './factory.js';

describeMongo('kill contract', (uri) => killContract(mongoFactory(uri)));

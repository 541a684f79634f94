import { describeMongo } from '../../support/mongo-suite.js';
import { rulesContract } from '../contract/rules.js';
import { mongoFactory } from './factory.js';

describeMongo('rules contract', (uri) => rulesContract(mongoFactory(uri)));

import { describeMongo } from '../../support/mongo-suite.js';
import { exceptionsContract } from '../contract/exceptions.js';
import { mongoFactory } from './factory.js';

describeMongo('exceptions contract', (uri) => exceptionsContract(mongoFactory(uri)));

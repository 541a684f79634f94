import { describeMongo } from '../../support/mongo-suite.js';
import { limitsContract } from '../contract/limits.js';
import { mongoFactory } from './factory.js';

describeMongo('limits contract', (uri) => limitsContract(mongoFactory(uri)));

import { describeMongo } from '../../support/mongo-suite.js';
import { journalContract } from '../contract/journal.js';
import { mongoFactory } from './factory.js';

describeMongo('journal contract', (uri) => journalContract(mongoFactory(uri)));

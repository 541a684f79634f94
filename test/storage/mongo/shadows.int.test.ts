import { describeMongo } from '../../support/mongo-suite.js';
import { shadowsContract } from '../contract/shadows.js';
import { mongoFactory } from './factory.js';

describeMongo('shadows contract', (uri) => shadowsContract(mongoFactory(uri)));

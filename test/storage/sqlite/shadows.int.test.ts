import { shadowsContract } from '../contract/shadows.js';
import { sqliteFactory } from './factory.js';

shadowsContract(sqliteFactory);

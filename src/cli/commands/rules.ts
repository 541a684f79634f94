import type { Command } from 'commander';
import type { Host } from '../host.js';
import { addCanary } from './rules/canary.js';
import { addActivate, addDeactivate, addPush, addRollBack } from './rules/change.js';
import { addCheck } from './rules/check.js';
import { addTest } from './rules/test.js';
import { addDiff, addList, addShow } from './rules/read.js';

/** `tollgate rules check|test|push|activate|rollback|deactivate|canary|diff|list|show`. */
export function addRules(program: Command, host: Host): void {
  const parent = program
    .command('rules')
    .description('Check and test rule sets, put them into service, compare and read them.');
  addCheck(parent, host);
  addTest(parent, host);
  addPush(parent, host);
  addActivate(parent, host);
  addRollBack(parent, host);
  addDeactivate(parent, host);
  addCanary(parent, host);
  addDiff(parent, host);
  addList(parent, host);
  addShow(parent, host);
}

import type { Command } from 'commander';
import type { Host } from '../host.js';
import { addActivate, addDeactivate, addPush, addRollBack } from './rules/change.js';
import { addCheck } from './rules/check.js';
import { addTest } from './rules/test.js';
import { addControl, addControls, addPrecision } from './rules/control.js';
import { addSnooze, addSnoozes, addUnsnooze } from './rules/snooze.js';
import { addDiff, addList, addShow } from './rules/read.js';

/** `tollgate rules check|test|push|activate|rollback|deactivate|diff|list|show|snooze|snoozes|unsnooze|control|controls|precision`. */
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
  addDiff(parent, host);
  addList(parent, host);
  addShow(parent, host);
  addSnooze(parent, host);
  addSnoozes(parent, host);
  addUnsnooze(parent, host);
  addControl(parent, host);
  addControls(parent, host);
  addPrecision(parent, host);
}

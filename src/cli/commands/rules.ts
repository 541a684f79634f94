import type { Command } from 'commander';
import type { Host } from '../host.js';
import { addCanary } from './rules/canary.js';
import { addActivate, addDeactivate, addPush, addRollBack } from './rules/change.js';
import { addCaseFrom } from './rules/case-from.js';
import { addCheck } from './rules/check.js';
import { addDraft } from './rules/draft.js';
import { addLog } from './rules/log.js';
import { addApprove, addCases, addOwed, addStatus, addWaive, addWithdraw } from './rules/prove.js';
import { addDiff } from './rules/diff.js';
import { addExplain } from './rules/explain.js';
import { addFmt } from './rules/fmt.js';
import { addNew } from './rules/new.js';
import { addList, addShow } from './rules/read.js';
import { addTest } from './rules/test.js';
import { addShadow } from './rules/shadow.js';
import { addShadowReport } from './rules/shadow-report.js';
import { addControl, addControls, addPrecision } from './rules/control.js';
import { addSnooze, addSnoozes, addUnsnooze } from './rules/snooze.js';

/** `tollgate rules`: from a file that is checked to a version that decides, and back. */
export function addRules(program: Command, host: Host): void {
  const parent = program
    .command('rules')
    .description(
      'Write, check and test rule sets, prove them, put them into service, compare and read them.',
    );
  addNew(parent, host);
  addCheck(parent, host);
  addTest(parent, host);
  addExplain(parent, host);
  addFmt(parent, host);
  addCaseFrom(parent, host);
  addPush(parent, host);
  addActivate(parent, host);
  addRollBack(parent, host);
  addDeactivate(parent, host);
  addDraft(parent, host);
  addCases(parent, host);
  addStatus(parent, host);
  addApprove(parent, host);
  addWithdraw(parent, host);
  addWaive(parent, host);
  addOwed(parent, host);
  addLog(parent, host);
  addShadow(parent, host);
  addShadowReport(parent, host);
  addCanary(parent, host);
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

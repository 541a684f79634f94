import type { Command } from 'commander';
import type { Host } from '../host.js';
import { addAdd, addCreate, addRemove } from './lists/change.js';
import { addExport } from './lists/export.js';
import { addImport } from './lists/import.js';
import { addDelete, addUpdate } from './lists/keep.js';
import { addChanges, addHistory, addUsage } from './lists/past.js';
import { addCheck, addList } from './lists/read.js';

/** `tollgate lists create|list|add|remove|check|import|export|history|changes|usage|update|delete`. */
export function addLists(program: Command, host: Host): void {
  const parent = program
    .command('lists')
    .description('Make, fill, ask and carry block, allow, watch and other lists.');
  addCreate(parent, host);
  addList(parent, host);
  addAdd(parent, host);
  addRemove(parent, host);
  addCheck(parent, host);
  addImport(parent, host);
  addExport(parent, host);
  addHistory(parent, host);
  addChanges(parent, host);
  addUsage(parent, host);
  addUpdate(parent, host);
  addDelete(parent, host);
}

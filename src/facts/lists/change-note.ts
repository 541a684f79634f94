import type { ChangeNote, ListEntry } from './list-store.js';

/** What is kept of a change that adds entries. */
export function addedBy([first]: readonly ListEntry[]): ChangeNote {
  const { actor = '', reason = '', source = '' } = first ?? {};
  return { kind: 'added', actor, reason, source };
}

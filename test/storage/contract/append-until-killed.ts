import { writeSync } from 'node:fs';
import type { Hold } from '../../../src/decisions/ports.js';
import type { JournalEntry } from '../../../src/decisions/ports.js';
import { T0, entry } from './entries.js';
import type { TestStore } from './factory.js';

/** The counter that every acknowledged batch takes one unit of. */
export const COUNTER = 'killed';

/** What the child says of a batch once it is acknowledged. */
export interface Acknowledged {
  readonly log: number;
  readonly first: number;
  readonly count: number;
}

/** An entry of the load, told by its place alone. */
export function loadEntry(log: number, seq: number): JournalEntry {
  return entry({ log, seq, payload: 900, values: { card: `c${seq % 10}`, order: `o${log}/${seq}` } });
}

/** Appends in several lanes for ever, and says on standard output what was acknowledged. Runs in a child process. */
export async function appendUntilKilled(store: TestStore): Promise<void> {
  const { log, lastSeq } = store.journal;
  let next = lastSeq + 1;
  const lane = async (size: number): Promise<void> => {
    for (;;) {
      const first = next;
      next += size;
      const batch = Array.from({ length: size }, (_, index) => loadEntry(log, first + index));
      const hold: Hold = { counter: COUNTER, amount: 1, cap: 1e9, periodEnd: T0 };
      const held = store.limits.reserve(`${log}/${first}`, [hold], T0 + 1e12);
      // Handed over in the order of sequences, without waiting.
      const appended = store.journal.append(batch);
      await Promise.all([held, appended]);
      writeSync(1, `${JSON.stringify({ log, first, count: size } satisfies Acknowledged)}\n`);
    }
  };
  await Promise.all([1, 5, 16, 40].map(lane));
}

import type { Journal, JournalEntry } from '../../src/decisions/ports.js';
import { entry } from '../../test/storage/contract/entries.js';

/** Entries a second that a journal makes durable in batches, nothing else going on. */
export async function benchAppends(
  journal: Journal,
  batch: number,
  milliseconds: number,
  inFlight: number,
): Promise<number> {
  let seq = journal.lastSeq;
  const next = (): JournalEntry[] =>
    Array.from({ length: batch }, () => {
      seq += 1;
      return entry({
        log: journal.log,
        seq,
        payload: 1200,
        site: `site-${String(seq % 27)}`,
        values: {
          card: `c${String(seq >> 1)}`,
          email: `e${String(seq >> 1)}`,
          order: `o${String(seq)}`,
          device: `d${String(seq >> 1)}`,
          ip: `i${String(seq >> 2)}`,
          bin: `b${String(seq % 500)}`,
          merchant: `m${String(seq % 40)}`,
          customer: `u${String(seq >> 1)}`,
        },
      });
    });
  // Made before the clock starts: only the store is measured.
  const batches = Array.from({ length: Math.ceil((milliseconds * 25) / batch) }, next);
  const started = performance.now();
  let appended = 0;
  const lane = async (): Promise<void> => {
    for (let entries = batches.shift(); entries !== undefined; entries = batches.shift()) {
      if (performance.now() - started > milliseconds) return;
      await journal.append(entries);
      appended += entries.length;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return appended / ((performance.now() - started) / 1000);
}

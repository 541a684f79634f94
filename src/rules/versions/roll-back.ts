import type { Publication } from '../version-store.js';

/**
 * The version that a roll-back leads to: the one that was active before the present one, as if what roll-backs undid had
 * never been; undefined when there is none. Reads no more of the log (newest first) than it takes.
 */
export async function versionBefore(
  active: number,
  log: AsyncIterable<Publication>,
): Promise<number | undefined> {
  /** What the roll-backs met so far went back to: all between them and its publication was undone. */
  const undone: number[] = [];
  for await (const { step, to } of log) {
    if (step === 'roll-back') {
      undone.push(to);
      continue;
    }
    while (undone.at(-1) === to) undone.pop();
    if (undone.length === 0 && to !== 0 && to !== active) return to;
  }
  return undefined;
}

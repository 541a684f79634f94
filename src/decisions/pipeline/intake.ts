import type { StreamEvent } from '../../facts/stream.js';
import type { RulesInForce } from '../evaluate/active-rules.js';
import type { AppendQueue } from './append-queue.js';
import type { LimitKeeper } from './limit-keeper.js';
import type { StoredEntry } from '../ports.js';

/** What taking in a payment or an event needs of the pipeline. */
export interface Intake {
  /** What decides now: the same from the beginning of a round to its end. */
  readonly rules: RulesInForce;
  /** Other logs that moved since this one was opened, and how far they have been seen. */
  readonly seenPairs: readonly (readonly [log: number, seq: number])[];
  readonly queue: AppendQueue;
  readonly keeper: LimitKeeper;
  /** The place in this log of what is admitted next. */
  nextSeq(): number;
  /** From now on decisions see this event. */
  insert(event: StreamEvent): void;
  /** An entry that another instance stored first. Throws STORE_UNAVAILABLE. */
  readBack(id: string): Promise<StoredEntry>;
}

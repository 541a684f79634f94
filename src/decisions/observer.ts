import type { ErrorCode } from '../errors/errors.js';
import type { StreamKind } from '../facts/attributes.js';
import type { DecisionRecord } from './record.js';

/** Told what happens, for counters and logs. Must be cheap and must not throw. */
export interface Observer {
  /** `tookUs`: from admission to durable, microseconds. */
  decided(record: DecisionRecord, repeated: boolean, tookUs: number): void;
  recorded(kind: StreamKind, repeated: boolean): void;
  failed(code: ErrorCode): void;
  round(size: number, coldRanges: number): void;
  /** A fact could not be read: a bug, or broken data. */
  factFailed(fact: string, error: unknown): void;
}

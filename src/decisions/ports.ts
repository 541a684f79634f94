import type { KeyRange, StreamEvent } from '../facts/stream.js';
import type { Outcome } from '../rules/outcome.js';

/** What a store keeps of a decision beside its stream event. Opaque to the store but for what `DecisionFilter` asks. */
export interface DecisionPayload {
  readonly site: string;
  readonly requestId: string;
  readonly outcome: Outcome;
  readonly degraded: boolean;
  /** Epoch ms. */
  readonly decidedAt: number;
  /** JSON: the answer and what lists show. */
  readonly record: string;
  /** JSON: fact values without personal ones, rule states, timings. */
  readonly trace: string;
  /** The personal part: the request, and facts that can identify a person. */
  readonly personal: Uint8Array;
}

/** One entry to append to the admission log. */
export interface JournalEntry {
  /** 26 characters; derived from site and request or event id, so the same request has the same id everywhere. */
  readonly id: string;
  /**
   * A second id, for an entry that two things must be the only one of: a payment from history has that of its payment as
   * `id` and that of its event here. No other entry has it as `id` or `alias`; the entry is found by either.
   */
  readonly alias: string | undefined;
  readonly event: StreamEvent;
  /** Distinct values of key attributes, not 0. */
  readonly keys: readonly number[];
  /** For a screened payment. */
  readonly decision: DecisionPayload | undefined;
  /** For a reported event: the message as it was received, or written again: what was understood of it. */
  readonly report: Uint8Array | undefined;
}

/** An entry as it is stored. */
export type StoredEntry = JournalEntry;

/**
 * How an append ended for one entry: its id exists, or (`taken`) another entry has its alias, or has its id for an alias.
 */
export type AppendResult = 'stored' | 'duplicate' | 'taken';

/** What a round of decisions needs from the store, asked at once. */
export interface JournalQuery {
  /** Entries to look up by id or alias. */
  readonly ids: readonly string[];
  readonly ranges: readonly KeyRange[];
  /**
   * Log -> highest sequence already seen of it. The answer's `tail` holds what has come to other logs since; undefined:
   * nothing of them is wanted.
   */
  readonly seen: ReadonlyMap<number, number> | undefined;
  /** A range of more events than this, roughly, is left unread, but for parts of it. Default: all are read. */
  readonly longest?: number;
  /**
   * Lets a store hand over parts of long ranges ahead, so that a key with a million events need not be in memory at
   * once. `range` is the place in `ranges`. What is handed over here is not in the answer.
   */
  readonly onEvents?: (range: number, events: readonly StreamEvent[]) => void;
}

/** The answer to a query. */
export interface JournalAnswer {
  /** In the order of `ids`. */
  readonly entries: readonly (StoredEntry | undefined)[];
  /**
   * In the order of `ranges`; each in any order, without duplicates; may hold events beyond `seen`. undefined: longer
   * than `longest`.
   */
  readonly ranges: readonly (readonly StreamEvent[] | undefined)[];
  /** Durable events of other processes' logs after `seen`, each log in sequence without gaps. */
  readonly tail: readonly StreamEvent[];
}

/** Fields are ANDed. */
export interface DecisionFilter {
  readonly site?: string;
  readonly outcomes?: readonly Outcome[];
  /** Event time, epoch ms, inclusive. */
  readonly from?: number;
  /** Event time, epoch ms, exclusive. */
  readonly to?: number;
  /** Key attribute values the entry carries, all of them. */
  readonly keys?: readonly number[];
  readonly degraded?: boolean;
  /** RULE_SET/RULE that hit: see `ruleHit`. */
  readonly rule?: string;
  /** Likewise, or a limit that counted (`limitMark`), at least one of them; not together with `rule`. */
  readonly rules?: readonly string[];
}

/** One page of decisions. `next` is undefined at the end; a page may be short, even empty, and yet lead on. */
export interface DecisionPage {
  readonly entries: readonly StoredEntry[];
  readonly next: string | undefined;
}

/** The admission log: every decision and every reported event, append-only, in the order of admission. */
export interface Journal {
  /** The log this process appends to. */
  readonly log: number;
  /** The highest sequence stored in that log when it was opened; the next entry is this plus one. */
  readonly lastSeq: number;
  /** 32 random bytes made when the store was made: the key of all attribute hashes. */
  readonly hashKey: Uint8Array;
  /** Batches that are worth handing over at once: a further one waits, and grows meanwhile. */
  readonly appendsInFlight: number;
  /**
   * Makes entries durable: resolves when all that are 'stored' survive a power cut. What is 'duplicate' or 'taken'
   * changes nothing. Rejects with STORE_UNAVAILABLE (TollgateError) when nothing can be said.
   */
  append(entries: readonly JournalEntry[]): Promise<readonly AppendResult[]>;
  query(query: JournalQuery): Promise<JournalAnswer>;
  /** Every log but this process's own, with the highest sequence that is durable of it: where `seen` starts. */
  heads(): Promise<ReadonlyMap<number, number>>;
  /**
   * Decisions, newest first by event time; of the same event time that of the higher sequence first, then that of the
   * higher log. A token keeps its place while decisions come in. A decision becomes known at its event time.
   */
  list(filter: DecisionFilter, limit: number, token: string | undefined): Promise<DecisionPage>;
  /** All entries of all logs from `after` on, in order within each log. For rebuilding and export. */
  scan(after: ReadonlyMap<number, number>, batch: number): AsyncIterable<readonly StoredEntry[]>;
}

/** One amount to hold against one limit, key and period. */
export interface Hold {
  /** Rule set, limit, key and period: names the one document (row). */
  readonly counter: string;
  /** Minor units of the base currency. */
  readonly amount: number;
  /** Minor units of the base currency. */
  readonly cap: number;
  /** End of the period, epoch ms: the counter is forgotten some time after the latest of its holds. */
  readonly periodEnd: number;
}

/** How a reservation ended. */
export interface HoldResult {
  readonly reserved: boolean;
  /** Used before this payment, by counter, in the order of the holds; known up to the first that was exceeded. */
  readonly used: readonly number[];
}

/**
 * What was reported of a payment, as far as it concerns what the payment holds.
 *
 * - `made`: it was authorised or captured. It counts, whether or not there still is room, and cannot lapse any more.
 * - `failed`: an attempt was declined or abandoned. The hold is given back, unless another attempt was or is made.
 * - `cancelled`: gives back what was made no later, by event time; what is made after it counts again.
 * - `refunded`: makes the counted amount smaller on some counters, once for each id, whatever else is reported.
 */
export type HoldReport =
  | { readonly kind: 'made'; /** Event time, epoch ms. */ readonly at: number }
  | { readonly kind: 'failed' }
  | { readonly kind: 'cancelled'; /** Event time, epoch ms. */ readonly at: number }
  | {
      readonly kind: 'refunded';
      /** Of the report: the same one counts once. */
      readonly id: string;
      /** Minor units of the base currency. */
      readonly amount: number;
      readonly counters: readonly string[];
    };

/** Cumulative limits. One document (row) per counter changes atomically; all holds of a decision or none. */
export interface LimitStore {
  /**
   * Reserves for a decision until `expiresAt` (epoch ms). The same decision again gives the same answer, until its hold
   * expires. Of one counter room is taken in the order of the calls, but for what has to wait: for others that may give
   * theirs back, or, of several counters, for the one before.
   */
  reserve(decision: string, holds: readonly Hold[], expiresAt: number): Promise<HoldResult>;
  /**
   * Takes in what was reported of a decision's payment: what counts afterwards is as limits/hold-state.ts says.
   * Idempotent. What is not held, or not held any more (see `forgetHoldsAt`), is left alone.
   */
  settle(decision: string, report: HoldReport): Promise<void>;
  /**
   * Releases what has expired unconfirmed, and returns how many decisions that concerns; then forgets the counters and
   * holds whose time has come, see `forgetAt`. In steps of bounded size.
   */
  expire(now: number): Promise<number>;
  /** Amount used now. */
  used(counter: string): Promise<number>;
}

/** Whether the store can be used now. */
export interface StoreHealth {
  /** Resolves when a read and a durable write are possible; rejects with STORE_UNAVAILABLE. */
  ping(): Promise<void>;
}

/** Tells that something changed which all instances follow: what stands where, lists, sites. */
export interface StoreChanges {
  /**
   * Calls `changed` soon after a change of whichever instance, also for several at once, and whenever something may have
   * been missed. What is told may come late or, while the store is away, not at all: whoever has to know looks from time
   * to time. Nothing is told after `close` has ended.
   */
  watch(changed: () => void): { close(): Promise<void> };
}

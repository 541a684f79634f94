import { LRUCache } from 'lru-cache';
import { TransientMap } from '../../collections/transient-map.js';
import type { StreamEvent } from '../../facts/stream.js';
import { GroupCommit } from './group-commit.js';
import { storedHolding, type Holding } from '../limits/holding.js';
import type { Journal, JournalEntry } from '../ports.js';

/** An entry on its way to the store, and who is told. */
export interface Append {
  readonly entry: JournalEntry;
  /** For a decision that holds amounts against limits. */
  readonly holding: Holding | undefined;
  /** It is durable. */
  readonly stored: () => void;
  /** Its id was there before: another instance was first. */
  readonly duplicate: () => Promise<void>;
  /** Another entry has its id or alias as a second one: the answer to that. */
  readonly taken?: () => unknown;
}

/** Something admitted in this round that goes to the store at its end. */
export interface Staged {
  readonly id: string;
  readonly event: StreamEvent;
  /** What it waits for; a failure loses it. */
  readonly ready: Promise<void> | undefined;
  /** Makes the entry, once `ready`. */
  readonly append: () => Append;
  /** Told when it will not be stored, or nobody can say whether it was. */
  readonly caller: { fail(error: unknown): void };
}

/** What events that follow a payment need to know of it. */
export interface KnownPayment {
  readonly id: string;
  readonly event: StreamEvent;
  readonly holding: Holding | undefined;
}

/** An entry that was read back, as events that follow it see it. */
export function knownPayment({ id, event, decision }: JournalEntry): KnownPayment {
  return { id, event, holding: decision === undefined ? undefined : storedHolding(decision.record) };
}

/** Bounds of the queue. */
export interface AppendQueueOptions {
  readonly journal: Pick<Journal, 'append'>;
  /** Batches the store takes at once. */
  readonly appendsInFlight: number;
  /** An admitted event never counted: it was lost, or is another instance's. */
  readonly retract: (event: StreamEvent) => void;
  /** The store did not say what became of an entry. */
  readonly unconfirmed: () => void;
}

const MAX_BATCH = 512;
const RECENT = 2048;

/**
 * Brings what is admitted to the store in the order of sequences, so that other readers of this log see no gaps: staged
 * while a round goes on, appended in batches at its end.
 */
export class AppendQueue {
  readonly #commit: GroupCommit;
  readonly #retract: (event: StreamEvent) => void;
  readonly #unconfirmed: () => void;
  #staged: Staged[] = [];
  /** Taken from the staged, while it waits. */
  #sending: { readonly staged: readonly Staged[]; readonly sent: Promise<void> } | undefined;
  /** Of what waited in vain. */
  readonly #failures = new Map<Staged, { readonly error: unknown }>();
  /** Little of each: what waits for the disk is much, and the collector copies all of it. */
  readonly #undurable = new TransientMap<string, KnownPayment>();
  /** What was admitted lately, for the events that soon follow a payment: little of each, since it lives long. */
  readonly #recent = new LRUCache<string, KnownPayment>({ max: RECENT });
  #durable: StreamEvent[] = [];

  constructor({ journal, appendsInFlight, retract, unconfirmed }: AppendQueueOptions) {
    this.#commit = new GroupCommit(journal, { maxBatch: MAX_BATCH, maxInFlight: appendsInFlight });
    this.#retract = retract;
    this.#unconfirmed = unconfirmed;
  }

  stage(staged: Staged): void {
    staged.ready?.catch((error: unknown) => this.#failures.set(staged, { error }));
    this.#staged.push(staged);
  }

  /** Whether this id is staged: its entry is not made yet. */
  isStaged(id: string): boolean {
    const has = (staged: readonly Staged[]): boolean => staged.some((one) => one.id === id);
    return has(this.#staged) || (this.#sending !== undefined && has(this.#sending.staged));
  }

  /** A payment that was appended here lately, durable or not. */
  find(id: string): KnownPayment | undefined {
    return this.#undurable.get(id) ?? this.#recent.get(id);
  }

  /** Waits for what staged entries wait for, then sends all of them off in order; what is staged meanwhile stays. */
  send(): void | Promise<void> {
    if (this.#sending !== undefined) return this.#sending.sent.then(() => this.send());
    const staged = this.#staged;
    this.#staged = [];
    const waits: Promise<void>[] = [];
    for (const { ready } of staged) if (ready !== undefined) waits.push(ready);
    if (waits.length === 0) return this.#send(staged);
    const sent = Promise.allSettled(waits).then(() => {
      this.#sending = undefined;
      this.#send(staged);
    });
    this.#sending = { staged, sent };
    return sent;
  }

  /** Events on their way to the store: a reading of it may miss them. Between rounds these are all. */
  *undurable(): Iterable<StreamEvent> {
    for (const { event } of this.#undurable.values()) yield event;
  }

  /** Events that have become durable since this was asked last. */
  takeDurable(): readonly StreamEvent[] {
    const durable = this.#durable;
    this.#durable = [];
    return durable;
  }

  /** Resolves when nothing is on its way. */
  drain(): Promise<void> {
    return this.#commit.drain();
  }

  #send(staged: readonly Staged[]): void {
    for (const one of staged) {
      const made = this.#failures.get(one) ?? entryOf(one);
      this.#failures.delete(one);
      if (!('error' in made)) this.#append(made, one.event, one.caller);
      else {
        this.#retract(one.event);
        one.caller.fail(made.error);
      }
    }
    this.#commit.flush();
  }

  #append(
    { entry, holding, stored, duplicate, taken }: Append,
    event: StreamEvent,
    caller: Staged['caller'],
  ): void {
    // What is told later must not hold on to the entry itself.
    const { id } = entry;
    const known = { id, event: entry.event, holding };
    // The first of an id counts: a payment may be screened and recorded at once.
    const first = !this.#undurable.has(id);
    if (first) this.#undurable.set(id, known);
    if (first && event.kind === 'payment') this.#recent.set(id, known);
    this.#commit.add(entry, (result, error) => {
      if (first) this.#undurable.delete(id);
      if (result === 'stored') {
        this.#durable.push(event);
        stored();
        return;
      }
      if (first) this.#recent.delete(id);
      this.#retract(event);
      if (result === undefined) {
        this.#unconfirmed();
        caller.fail(error);
      } else if (result === 'taken' && taken !== undefined) caller.fail(taken());
      else duplicate().catch((failure: unknown) => caller.fail(failure));
    });
  }
}

/** An entry that cannot be made is a bug: it must not take the rest of its round, or the process, with it. */
function entryOf({ append }: Staged): Append | { readonly error: unknown } {
  try {
    return append();
  } catch (error) {
    return { error };
  }
}

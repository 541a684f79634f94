import type { AppendResult, Journal, JournalEntry } from '../ports.js';

/** Called once an entry is durable, known before, or lost. */
export type Committed = (result: AppendResult | undefined, error: unknown) => void;

/** Bounds of the group commit. */
export interface GroupCommitOptions {
  /** Entries in one batch at most. */
  readonly maxBatch: number;
  /** Batches handed to the store at once at most. */
  readonly maxInFlight: number;
}

interface Waiting {
  readonly entry: JournalEntry;
  readonly committed: Committed;
}

/**
 * Makes entries durable in batches: while batches are on their way to the store the next one gathers, so that durability
 * costs one write per batch and not per call. Entries reach the store in the order they are added.
 */
export class GroupCommit {
  readonly #journal: Pick<Journal, 'append'>;
  readonly #options: GroupCommitOptions;
  #waiting: Waiting[] = [];
  #inFlight = 0;
  #drained: (() => void)[] = [];

  constructor(journal: Pick<Journal, 'append'>, options: GroupCommitOptions) {
    this.#journal = journal;
    this.#options = options;
  }

  add(entry: JournalEntry, committed: Committed): void {
    this.#waiting.push({ entry, committed });
  }

  /** Hands over what has gathered, as far as the bounds allow. Call it after adding what belongs together. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight) {
      const batch = this.#waiting.splice(0, this.#options.maxBatch);
      this.#inFlight += 1;
      this.#append(batch);
    }
  }

  /** Resolves when nothing is waiting or on its way. */
  async drain(): Promise<void> {
    this.flush();
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /** Not an async function: that would keep the entries until they are durable. */
  #append(batch: readonly Waiting[]): void {
    const told = batch.map(({ committed }) => committed);
    this.#journal.append(batch.map(({ entry }) => entry)).then(
      (results) => this.#ended(told, results),
      (error: unknown) => this.#ended(told, undefined, error),
    );
  }

  #ended(told: readonly Committed[], results: readonly AppendResult[] | undefined, failure?: unknown): void {
    this.#inFlight -= 1;
    for (const [index, committed] of told.entries()) committed(results?.[index], failure);
    this.flush();
    if (this.#inFlight > 0) return;
    const drained = this.#drained;
    this.#drained = [];
    for (const resolve of drained) resolve();
  }
}

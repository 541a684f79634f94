import type { Database, Statement } from '../database.js';
import { EventBlock, packBlock } from './event-block.js';
import type { EventRow } from './event-block.js';

/** Events in one block at most: a long range finds several in each, and one that is alone costs little to bring along. */
const BLOCK_EVENTS = 64;

/** Where an event stands. */
export interface EventPlace {
  readonly block: EventBlock;
  readonly index: number;
}

/**
 * The events of the journal, apart from all else that is kept of an entry. Those that were written together stand in one
 * block: a window over a million events reads few and small rows.
 */
export class EventBlocks {
  readonly #insert: Statement;
  readonly #around: Statement;
  readonly #after: Statement;
  /** The one read last: what is asked for together mostly stands together. */
  #last: EventBlock | undefined;

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO event_blocks (first_seq, bytes) VALUES (?, ?)');
    this.#around = db.prepare(
      'SELECT bytes FROM event_blocks WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    );
    this.#after = db.prepare('SELECT bytes FROM event_blocks WHERE first_seq > ? ORDER BY first_seq LIMIT ?');
  }

  /** Writes the events of entries, in ascending sequence. Part of a transaction. */
  write(rows: readonly EventRow[]): void {
    for (let start = 0; start < rows.length; start += BLOCK_EVENTS) {
      const part = rows.slice(start, start + BLOCK_EVENTS);
      this.#insert.run(part[0]?.seq ?? 0, packBlock(part));
    }
  }

  /** Where the event of an entry stands; good until the next question. Fast for sequences near each other. */
  find(seq: number): EventPlace | undefined {
    let block = this.#last;
    if (block === undefined || !block.covers(seq)) {
      const bytes = this.#around.get(seq)?.[0];
      if (!(bytes instanceof Uint8Array)) return undefined;
      block = new EventBlock(bytes);
      this.#last = block;
    }
    const index = block.find(seq);
    return index < 0 ? undefined : { block, index };
  }

  /** Up to so many blocks that begin after a sequence, in order. */
  after(seq: number, blocks: number): EventBlock[] {
    return this.#after.all(seq, blocks).map(([bytes]) => new EventBlock(bytes as Uint8Array));
  }
}

import type { KeyRange, StreamEvent } from '../stream.js';
import type { Zones } from './answers.js';
import type { KeyEntry } from './keys/key-entries.js';

/** A range that is read, and what it fills, whatever is asked by the time it has been read. */
export interface KeptRange {
  readonly range: KeyRange;
  readonly entries: readonly KeyEntry[];
}

/** Who answers for a payment that is being decided. */
interface Answering {
  velocity(index: number, asked: AskedPayment, zones: Zones): number | undefined;
  history(index: number, asked: AskedPayment): number | undefined;
  habit(index: number, asked: AskedPayment): number | undefined;
  release(asked: AskedPayment): void;
}

/** A payment that is being decided, before it has a place in the log: what rules ask of its windows is asked here. */
export class AskedPayment {
  readonly event: StreamEvent;
  /** Its keys, by definition. They stay in memory until it is released. */
  readonly entries: readonly KeyEntry[];
  /** What must be read before it can be decided, one range per key; [] when all is in memory. */
  readonly ranges: readonly KeyRange[];
  /**
   * What only shadows lack, likewise: it can be decided without, and what they ask is NotLoaded then. May go further back
   * than one of `ranges` with the same key.
   */
  readonly further: readonly KeyRange[];
  /** Keeps its ranges; to be let go of with it. */
  readonly kept: readonly KeptRange[];
  /** Its place among those that are being decided; -1 once released. */
  place: number;
  readonly #windows: Answering;

  constructor(
    windows: Answering,
    event: StreamEvent,
    entries: readonly KeyEntry[],
    ranges: readonly KeyRange[],
    further: readonly KeyRange[],
    kept: readonly KeptRange[],
    place: number,
  ) {
    this.#windows = windows;
    this.event = event;
    this.entries = entries;
    this.ranges = ranges;
    this.further = further;
    this.kept = kept;
    this.place = place;
  }

  /** A velocity, by its index in the plan. Throws NotLoaded. */
  velocity(index: number, zones: Zones): number | undefined {
    return this.#windows.velocity(index, this, zones);
  }

  /** A question about the past of its key. */
  history(index: number): number | undefined {
    return this.#windows.history(index, this);
  }

  /** How it compares with the habit of its key. */
  habit(index: number): number | undefined {
    return this.#windows.habit(index, this);
  }

  /** It is decided, or will not be: its keys may leave memory. Again does no harm. */
  release(): void {
    this.#windows.release(this);
  }
}

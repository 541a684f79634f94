import { differenceOf, type Judged } from '../../rules/publish/shadow-difference.js';
import { countCompared, countDropped, type DropReason } from '../../rules/publish/shadow-tally.js';
import { snoozedVerdict, type IsEmbargo } from '../../rules/exceptions/snoozing.js';
import { every } from '../../world/every.js';
import type { World } from '../../world/world.js';
import { Gathering } from './gathering.js';
import type { ShadowBatch, ShadowStore } from './shadow-store.js';
import type { Shadowing, ShadowWork } from './shadowing.js';

/** How long the thread is held at a time, microseconds, and left to decisions after that, ms. */
const SLICE_US = 500;
const PAUSE_MS = 1;
/** How long work is gathered before it is begun, ms: to wake the thread for each costs payments more than the work. */
const GATHER_MS = 20;
/**
 * How often what was gathered is stored, ms: a crash loses what came after the last time. Often, since payments wait while
 * much of it is handed over.
 */
const STORE_MS = 250;
const DAY_MS = 86_400_000;
/** How often differences are looked through for what may leave, ms. */
const TRIM_MS = 60_000;
/** Differences of a run that are kept, and for how long after something was last added to it, ms. */
const KEPT = 100_000;
const KEPT_MS = 30 * DAY_MS;

/** Told what becomes of shadow work. Must be cheap and must not throw. */
export interface ShadowObserver {
  shadowCompared(): void;
  shadowDropped(reason: DropReason): void;
}

/** What the queue works with. */
export interface ShadowQueueOptions {
  readonly store: Pick<ShadowStore, 'add' | 'trim'>;
  /** Whether the store is there, as far as is known: while it is not, what was gathered waits. Default: it is. */
  readonly storeUp?: () => boolean;
  /** What no snooze lifts: a snooze that covers the payment covers what a shadow says of it, too. */
  readonly isEmbargo: IsEmbargo;
  readonly world: World;
  readonly observer: ShadowObserver;
  /** What was gathered could not be stored, which is tried again, or a program failed, which is a bug. */
  readonly failed: (error: unknown) => void;
  /** Decisions that may wait. */
  readonly room: number;
  /** Differences stored in a second at most in the long run, so that a version which differs everywhere does not fill the disk. */
  readonly differences: number;
}

/**
 * Asks shadows what they would have decided, between decisions: what is offered waits in a bounded queue and is worked
 * off in short slices. What they said is gathered and stored several times a second, and at the end.
 */
export class ShadowQueue implements Shadowing {
  readonly #options: ShadowQueueOptions;
  readonly #room: number;
  readonly #gathering: Gathering;
  readonly #writer: string;
  readonly #loops: readonly { stop(): Promise<void> }[];
  /** A ring: places are reused, so that nothing is moved. */
  readonly #ring: (ShadowWork | undefined)[];
  #first = 0;
  #depth = 0;
  /** Keeps the next turn from coming; undefined: none is to come. */
  #unturn: (() => void) | undefined;
  #closed = false;
  #emptied: () => void = () => undefined;
  /** What is being stored, or could not be. */
  #batch: ShadowBatch | undefined;
  #number = 0;

  constructor(options: ShadowQueueOptions) {
    const { store, storeUp = () => true, world, failed, room, differences } = options;
    const { timers, clock } = world;
    this.#options = options;
    this.#room = room;
    this.#ring = Array.from({ length: room }, () => undefined);
    this.#gathering = new Gathering(differences);
    this.#writer = Buffer.from(world.randomBytes(8)).toString('hex');
    const trim = (): Promise<void> => store.trim({ most: KEPT, idleBefore: clock.now() - KEPT_MS });
    const withStore = (work: () => Promise<void>) => async () => {
      if (storeUp()) await work();
    };
    this.#loops = [
      every(
        timers,
        STORE_MS,
        withStore(() => this.#storeAll()),
        failed,
      ),
      every(timers, TRIM_MS, withStore(trim), failed),
    ];
  }

  /** Decisions that wait for their shadow. */
  get depth(): number {
    return this.#depth;
  }

  offer(work: ShadowWork): void {
    if (work.more === undefined) this.#drop(work, 'cold');
    else if (this.#closed) this.#drop(work, 'closing');
    else if (this.#depth === this.#room) this.#drop(work, 'busy');
    else {
      this.#ring[(this.#first + this.#depth) % this.#room] = work;
      this.#depth++;
      this.#start(GATHER_MS);
    }
  }

  /** Works off what waits for at most `ms`, drops the rest, and stores what was gathered. Rejects with STORE_UNAVAILABLE. */
  async close(ms: number): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()));
    if (this.#depth > 0) {
      this.#unturn?.();
      this.#unturn = undefined;
      this.#start(PAUSE_MS);
      await new Promise<void>((resolve) => {
        const cancel = this.#options.world.timers.after(ms, resolve);
        this.#emptied = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#closed = true;
    for (let work = this.#shift(); work !== undefined; work = this.#shift()) this.#drop(work, 'closing');
    await this.#storeAll();
  }

  #start(ms: number): void {
    this.#unturn ??= this.#options.world.timers.after(ms, () => this.#turn());
  }

  #turn(): void {
    const { clock } = this.#options.world;
    const begun = clock.monotonicUs();
    const until = begun + SLICE_US;
    this.#gathering.makeRoom(begun);
    do {
      const work = this.#shift();
      if (work === undefined) break;
      try {
        this.#compare(work);
      } catch (error) {
        this.#drop(work, 'failed');
        this.#options.failed(error);
      }
    } while (clock.monotonicUs() < until);
    this.#unturn = undefined;
    if (this.#depth > 0) this.#start(PAUSE_MS);
    else this.#emptied();
  }

  #shift(): ShadowWork | undefined {
    if (this.#depth === 0) return undefined;
    const work = this.#ring[this.#first];
    this.#ring[this.#first] = undefined;
    this.#first = (this.#first + 1) % this.#room;
    this.#depth--;
    return work;
  }

  #compare({ plan, more = [], evaluation, record }: ShadowWork): void {
    const { program, pairs } = plan;
    const states = program.evaluate(plan.values(evaluation.values, more));
    const { authentication, covering } = evaluation;
    const excepted =
      covering && snoozedVerdict(program, states, authentication, covering, this.#options.isEmbargo);
    const shadow: Judged = { states, verdict: excepted?.verdict ?? program.verdict(states, authentication) };
    const difference = differenceOf(pairs, evaluation, shadow);
    countCompared(this.#gathering.tally(plan, record), pairs, evaluation, shadow, record.base?.minor ?? NaN);
    if (difference !== undefined) this.#gathering.keep(plan, record, difference);
    this.#options.observer.shadowCompared();
  }

  #drop({ plan, record }: ShadowWork, reason: DropReason): void {
    countDropped(this.#gathering.tally(plan, record), reason);
    this.#options.observer.shadowDropped(reason);
  }

  /** A batch of unknown fate goes again before the next: it counts once. */
  async #storeAll(): Promise<void> {
    if (this.#batch !== undefined) await this.#store(this.#batch);
    if (this.#gathering.empty) return;
    this.#number++;
    await this.#store({
      writer: this.#writer,
      number: this.#number,
      at: this.#options.world.clock.now(),
      additions: this.#gathering.take(),
    });
  }

  async #store(batch: ShadowBatch): Promise<void> {
    this.#batch = batch;
    await this.#options.store.add(batch);
    this.#batch = undefined;
  }
}

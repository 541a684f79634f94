import { AllRolledBack, sqliteCode, type Database } from './database.js';
import { Unavailable, isFatal, wireError } from './failure.js';
import type { Request, Response } from '../wire.js';
import type { Context, Job, Operations, PartSink, ReadOperation } from './work.js';

/** Parts of one answer that may be on their way at once. */
const PARTS_AHEAD = 4;

/** Where answers go. */
export type Post = (response: Response, transfer?: readonly ArrayBuffer[]) => void;

type Asked = Extract<Request, { op: string }>;

interface Running {
  readonly job: Job;
  readonly id: number;
  readonly operation: ReadOperation;
}

/**
 * Takes requests by turns. Writes that came together share a transaction, and so one wait for the disk; while that lasts
 * the next writes gather, and reads are served. Long reads and background work advance by slices in between, so that a
 * write never waits for more than a few.
 */
export class Dispatcher {
  readonly #db: Database;
  readonly #post: Post;
  readonly #soon: (callback: () => void) => void;
  readonly #onFatal: (error: unknown) => void;
  #operations: Operations = {};
  #inbox: Asked[] = [];
  #jobs: Running[] = [];
  #background: Generator<void>[] = [];
  #ahead = new Map<number, number>();
  /** The disk is waited for. */
  #syncing = false;
  /** Answers that what is not yet on disk may have gone into. */
  #held: (() => void)[] = [];
  #afterwards: ((committed: boolean) => void)[] = [];
  #scheduled = false;
  #dead = false;
  /** How many slices of background work to do in one turn; set by who knows how much is waiting. */
  urgency: () => number = () => 1;
  /** Called when a turn ends. */
  afterTurn: () => void = () => undefined;

  readonly context: Context;

  constructor(
    db: Database,
    post: Post,
    soon: (callback: () => void) => void,
    onFatal: (error: unknown) => void,
  ) {
    this.#db = db;
    this.#post = post;
    this.#soon = soon;
    this.#onFatal = onFatal;
    this.context = {
      db,
      afterwards: (callback) => this.#afterwards.push(callback),
      background: (job) => {
        this.#background.push(job);
        this.#schedule();
      },
    };
  }

  serve(operations: Operations): void {
    this.#operations = operations;
  }

  receive(request: Request): void {
    if ('ack' in request) {
      const ahead = this.#ahead.get(request.ack);
      if (ahead !== undefined) this.#ahead.set(request.ack, ahead - 1);
      return;
    }
    this.#inbox.push(request);
    this.#schedule();
  }

  /** Answers everything that is still open with an error, and nothing from now on. */
  stop(error: unknown): void {
    if (this.#dead) return;
    this.#dead = true;
    for (const { id } of [...this.#inbox, ...this.#jobs]) this.#post({ id, error: wireError(error) });
    this.#inbox = [];
    this.#jobs = [];
  }

  #schedule(): void {
    if (this.#scheduled || this.#dead) return;
    this.#scheduled = true;
    this.#soon(() => {
      this.#scheduled = false;
      if (this.#dead) return;
      const waiting = this.#turn();
      // Its database is closed, and the number of the log's file may be another's by now.
      if (this.#dead) return;
      this.#inbox.unshift(...waiting);
      this.#tidy();
      if (this.#dead) return;
      if (this.#jobs.length + this.#background.length > 0) this.#schedule();
    });
  }

  /** What SQLite could not do now is due after the next turn again; until then it is as safe where it is. */
  #tidy(): void {
    try {
      this.afterTurn();
    } catch (error) {
      if (isFatal(error) || sqliteCode(error) === undefined) this.#die(error);
    }
  }

  /** Gives what has to wait for the disk first. Nothing is asked meanwhile: this thread hears of requests between turns. */
  #turn(): readonly Asked[] {
    const requests = this.#inbox;
    this.#inbox = [];
    const typeOf = ({ op }: Asked): string | undefined => this.#operations[op]?.type;
    const writes = this.#syncing ? [] : requests.filter((request) => typeOf(request) === 'write');
    this.#write(writes);
    const waiting: Asked[] = [];
    for (const request of requests) {
      const { id, op, args } = request;
      const operation = this.#operations[op];
      if (operation?.type === 'write') {
        if (writes.length === 0) waiting.push(request);
      } else if (this.#dead) this.#post({ id, error: wireError(new Unavailable('the store has stopped')) });
      else if (operation?.type === 'read')
        this.#read({
          id,
          operation,
          job: operation.run(this.context, args, this.#sink(id)),
        });
      else if (operation === undefined) this.#fail(id, new Error(`no operation ${op}`));
      else if (this.#syncing) waiting.push(request);
      else operation.run();
    }
    const next = this.#jobs.shift();
    if (next && !this.#dead) this.#read(next);
    for (let slices = this.urgency(); slices > 0 && !this.#dead; slices--) this.#backgroundSlice();
    return waiting;
  }

  /** One transaction for all; where one fails for a reason of its own, the others go through. */
  #write(requests: readonly Asked[]): void {
    if (requests.length === 0) return;
    const answers: Response[] = [];
    try {
      this.#db.lazily(() => {
        for (const { id, op, args } of requests) {
          const operation = this.#operations[op];
          if (operation?.type !== 'write') continue;
          const run = (): unknown => operation.run(this.context, args);
          if (requests.length === 1) {
            answers.push({ id, value: run() });
            continue;
          }
          const before = this.#afterwards.length;
          try {
            answers.push({ id, value: this.#db.savepoint(run) });
          } catch (error) {
            for (const callback of this.#afterwards.splice(before)) callback(false);
            if (isFatal(error) || error instanceof AllRolledBack) throw error;
            answers.push({ id, error: wireError(error) });
          }
        }
      });
    } catch (error) {
      this.#settle(false);
      for (const { id } of requests) this.#post({ id, error: wireError(error) });
      if (isFatal(error)) this.#die(error);
      return;
    }
    this.#settle(true);
    void this.#sync(answers);
  }

  /** Answers what is committed once it is on disk, and what was read meanwhile. */
  async #sync(answers: readonly Response[]): Promise<void> {
    this.#syncing = true;
    try {
      await this.#db.synced();
    } catch (error) {
      // What the disk has of it nobody can say.
      if (!this.#dead) this.#die(error);
      return;
    }
    this.#syncing = false;
    if (this.#dead) return;
    for (const answer of answers) this.#post(answer);
    const held = this.#held;
    this.#held = [];
    for (const post of held) post();
    if (this.#inbox.length > 0) this.#schedule();
  }

  #settle(committed: boolean): void {
    const callbacks = this.#afterwards;
    this.#afterwards = [];
    for (const callback of callbacks) callback(committed);
  }

  #read(running: Running): void {
    const { id, job, operation } = running;
    try {
      const step = job.next();
      if (step.done !== true) {
        this.#jobs.push(running);
        return;
      }
      this.#ahead.delete(id);
      const post = (): void => this.#post({ id, value: step.value }, transferable(step.value));
      if (this.#syncing && !operation.early(step.value)) this.#held.push(post);
      else post();
    } catch (error) {
      this.#ahead.delete(id);
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    this.#post({ id, error: wireError(error) });
    if (isFatal(error)) this.#die(error);
  }

  #backgroundSlice(): void {
    const job = this.#background.shift();
    if (!job) return;
    try {
      const { done } = this.#db.lazily(() => job.next());
      if (done !== true) this.#background.push(job);
    } catch (error) {
      // What it was doing is found half done at the next start, and done again.
      this.#die(error);
    }
  }

  #die(error: unknown): void {
    this.stop(error);
    this.#onFatal(error);
  }

  #sink(id: number): PartSink {
    const send = (part: Uint8Array, transfer?: ArrayBuffer): void => {
      this.#ahead.set(id, (this.#ahead.get(id) ?? 0) + 1);
      this.#post({ id, part }, transfer ? [transfer] : []);
    };
    const full = (): boolean => (this.#ahead.get(id) ?? 0) >= PARTS_AHEAD;
    return Object.defineProperty(send, 'full', { get: full }) as unknown as PartSink;
  }
}

/** The buffers of an answer that are handed over instead of copied. */
function transferable(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) return value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.values(value).flatMap((one) => (one instanceof Uint8Array ? transferable(one) : []));
}

import type { Worker } from 'node:worker_threads';
import { TransientMap } from '../../collections/transient-map.js';
import { TollgateError } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import type { Timers } from '../../world/world.js';
import type { Request, Response, WireError, WorkerSettings } from './wire.js';
import type { StoreOperations } from './worker/operations.js';
import type { AnswerOf, ArgsOf } from './worker/work.js';
import { startWorker } from './worker-thread.js';
import { WrongFile } from './wrong-file.js';

/** Waits before the database is opened again, ms; the last one repeats. */
const BACKOFF_MS = [50, 100, 200, 500, 1000, 2000] as const;

/** What the database said when it was opened. */
export interface Opened {
  readonly hashKey: Uint8Array;
  readonly lastSeq: number;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  part(part: Uint8Array): void;
}

/**
 * Calls to the thread that owns the database. When the thread ends, what was asked is answered STORE_UNAVAILABLE, and
 * so is everything until it has been opened again, which is tried by itself.
 */
export class Connection {
  readonly #settings: WorkerSettings;
  readonly #timers: Timers;
  readonly #start: (settings: WorkerSettings) => Worker;
  #calls = new TransientMap<number, Call>();
  #worker: Worker | undefined;
  #up = false;
  #closed = false;
  #nextId = 1;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #reason: Error | undefined;

  constructor(settings: WorkerSettings, timers: Timers, start = startWorker) {
    this.#settings = settings;
    this.#timers = timers;
    this.#start = start;
  }

  /** Opens the database; rejects when it cannot be, for the reason that it says. */
  open(): Promise<Opened> {
    return new Promise((resolve, reject) => {
      const worker = this.#start(this.#settings);
      this.#worker = worker;
      let settled = false;
      const fail = (reason: string, wrongFile = false): void => {
        if (worker !== this.#worker) return;
        this.#down(reason);
        if (settled) this.#retry();
        settled = true;
        reject(wrongFile ? new WrongFile(reason) : storeUnavailable(reason));
      };
      worker.on('message', (response: Response) => {
        if ('opened' in response) {
          settled = true;
          this.#up = true;
          this.#failures = 0;
          resolve(response.opened);
        } else if ('refused' in response) fail(response.refused, response.wrongFile);
        else this.#answer(worker, response);
      });
      worker.on('error', (error) => fail(`the database thread failed: ${String(error)}`));
      worker.on('exit', () => fail('the database thread ended'));
    });
  }

  /** Asks for an operation of worker/operations.ts. Buffers in `transfer` are handed over. */
  call<K extends keyof StoreOperations>(
    op: K,
    args: ArgsOf<StoreOperations[K]>,
    transfer: readonly ArrayBuffer[] = [],
    onPart: (part: Uint8Array) => void = () => undefined,
  ): Promise<AnswerOf<StoreOperations[K]>> {
    const worker = this.#worker;
    if (!this.#up || !worker) return Promise.reject(this.#away());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject, part: onPart });
      worker.postMessage({ id, op, args } satisfies Request, transfer);
    });
  }

  /** Ends the thread after what has been asked so far; the file is free then. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRetry?.();
    const worker = this.#worker;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    if (this.#up) worker.postMessage({ id: 0, op: 'store.close', args: [] } satisfies Request);
    else void worker.terminate();
    await ended;
  }

  #answer(worker: Worker, response: Exclude<Response, { opened: unknown } | { refused: unknown }>): void {
    const call = this.#calls.get(response.id);
    if ('part' in response) {
      try {
        call?.part(response.part);
      } catch (error) {
        this.#calls.delete(response.id);
        call?.reject(error);
      }
      worker.postMessage({ ack: response.id } satisfies Request);
      return;
    }
    if (!call) return;
    this.#calls.delete(response.id);
    if ('error' in response) call.reject(errorOf(response.error));
    else call.resolve(response.value);
  }

  #down(reason: string): void {
    this.#up = false;
    this.#worker = undefined;
    this.#reason = new Error(reason);
    const calls = this.#calls.values();
    this.#calls = new TransientMap();
    for (const call of calls) call.reject(this.#away());
  }

  /** What a caller is told; the reason may name files of this machine and is for the log. */
  #away(): TollgateError {
    return storeUnavailable(this.#closed ? 'it is closed' : 'its file cannot be used', this.#reason);
  }

  #retry(): void {
    if (this.#closed) return;
    const wait = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)] ?? 0;
    this.#failures += 1;
    this.#cancelRetry = this.#timers.after(wait, () => {
      // What went wrong is told to whoever calls; the next try follows.
      this.open().catch(() => this.#retry());
    });
  }
}

function errorOf(error: WireError): Error {
  switch (error.kind) {
    case 'unavailable':
      return storeUnavailable(error.message, error.cause === undefined ? undefined : new Error(error.cause));
    case 'invalid':
      return new TollgateError('INVALID_REQUEST', error.message);
    case 'list-not-found':
      return new TollgateError('LIST_NOT_FOUND', error.message);
    case 'bug':
      return new Error(error.message, { cause: error.cause });
  }
}

import type { Database } from './database.js';

/** Work in slices: runs up to each `yield` without a pause. What it returns is the answer. */
export type Job = Generator<unknown, unknown, void>;

/** What an operation may use. */
export interface Context {
  readonly db: Database;
  /** Calls back once the transaction of the operation has ended: durable, or undone. */
  afterwards(callback: (durable: boolean) => void): void;
  /** Queues background work: it runs when there is time, each slice in a transaction of its own. */
  background(job: Generator<void>): void;
}

/** An operation that changes something: runs in a transaction, together with others that came at the same time. */
export interface WriteOperation {
  readonly type: 'write';
  run(context: Context, args: readonly unknown[]): unknown;
}

/** An operation that reads, or does its own transactions. A job's slices alternate with other work. */
export interface ReadOperation {
  readonly type: 'read';
  run(context: Context, args: readonly unknown[], send: PartSink): Job;
}

/** Sends a part of an answer ahead; while `send.full` is true the job should yield without doing more. */
export interface PartSink {
  (part: unknown, transfer?: ArrayBuffer): void;
  readonly full: boolean;
}

export type Operation = WriteOperation | ReadOperation;
export type Operations = Readonly<Record<string, Operation>>;

/** A write operation with typed arguments. */
export function write<A extends readonly unknown[]>(
  run: (context: Context, ...args: A) => unknown,
): WriteOperation {
  return { type: 'write', run: (context, args) => run(context, ...(args as A)) };
}

/** A read that is done in one go. */
export function read<A extends readonly unknown[]>(
  run: (context: Context, ...args: A) => unknown,
): ReadOperation {
  return {
    type: 'read',
    run: (context, args) => once(() => run(context, ...(args as A))),
  };
}

/** Work in slices. */
export function sliced<A extends readonly unknown[]>(
  run: (context: Context, send: PartSink, ...args: A) => Job,
): ReadOperation {
  return { type: 'read', run: (context, args, send) => run(context, send, ...(args as A)) };
}

/** A job of one slice. */
// oxlint-disable-next-line require-yield
function* once(work: () => unknown): Job {
  return work();
}

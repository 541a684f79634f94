import type { Database } from './database.js';

/** Work in slices: runs up to each `yield` without a pause. What it returns is the answer. */
export type Job<T = unknown> = Generator<unknown, T, void>;

/** What an operation may use. */
export interface Context {
  readonly db: Database;
  /** Calls back once the transaction of the operation has ended: committed, or undone. */
  afterwards(callback: (committed: boolean) => void): void;
  /** Queues background work: it runs when there is time, each slice in a transaction of its own. */
  background(job: Generator<void>): void;
}

/**
 * An operation that changes something: runs in a transaction, together with others that came at the same time, and is
 * answered once that is on disk.
 */
export interface WriteOperation<A extends readonly unknown[] = readonly unknown[], T = unknown> {
  readonly type: 'write';
  run(context: Context, args: A): T;
}

/** An operation that reads, or does its own transactions. A job's slices alternate with other work. */
export interface ReadOperation<A extends readonly unknown[] = readonly unknown[], T = unknown> {
  readonly type: 'read';
  /** Whether this answer may go out while what it may have come from is not on disk yet. */
  early(answer: T): boolean;
  run(context: Context, args: A, send: PartSink): Job<T>;
}

/** Runs when nothing is under way but long reads. */
export interface EndOperation {
  readonly type: 'end';
  run(): void;
}

/** Sends a part of an answer ahead; while `send.full` is true the job should yield without doing more. */
export interface PartSink {
  (part: Uint8Array, transfer?: ArrayBuffer): void;
  readonly full: boolean;
}

/** Any operation: `call` of connection.ts sees to it that arguments come to the one they are of. */
export type Operation = WriteOperation | ReadOperation | EndOperation;
export type Operations = Readonly<Record<string, Operation>>;

/** What an operation is asked with. */
export type ArgsOf<O extends Operation> = O extends EndOperation ? readonly [] : Parameters<O['run']>[1];

/** What an operation answers. */
export type AnswerOf<O extends Operation> =
  O extends ReadOperation<infer _A, infer T> ? T : ReturnType<O['run']>;

/** A write operation with typed arguments. */
export function write<A extends readonly unknown[], T>(
  run: (context: Context, ...args: A) => T,
): WriteOperation<A, T> {
  return { type: 'write', run: (context, args) => run(context, ...args) };
}

/** A read that is done in one go. */
export function read<A extends readonly unknown[], T>(
  run: (context: Context, ...args: A) => T,
): ReadOperation<A, T> {
  return { type: 'read', early: never, run: (context, args) => once(() => run(context, ...args)) };
}

/** Work in slices. */
export function sliced<A extends readonly unknown[], T>(
  run: (context: Context, send: PartSink, ...args: A) => Job<T>,
): ReadOperation<A, T> {
  return { type: 'read', early: never, run: (context, args, send) => run(context, send, ...args) };
}

/** A read of which such answers go into nothing that is not written after what it has seen. */
export function early<A extends readonly unknown[], T>(
  operation: ReadOperation<A, T>,
  when: (answer: T) => boolean,
): ReadOperation<A, T> {
  return { ...operation, early: when };
}

function never(): boolean {
  return false;
}

/** A job of one slice. */
// oxlint-disable-next-line require-yield
function* once<T>(work: () => T): Job<T> {
  return work();
}

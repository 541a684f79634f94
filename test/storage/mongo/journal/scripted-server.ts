import { JournalAppender } from '../../../../src/storage/mongo/journal/append.js';

type Arguments = ConstructorParameters<typeof JournalAppender>;

/** One thing that the appender asks for: it is answered when, and as, the test says. */
export interface Asked {
  readonly what: 'insert' | 'confirm' | 'fence' | 'find';
  /** Of the entries in question. */
  readonly ids: readonly string[];
  /** What an insert is to wait for. */
  readonly concern: unknown;
  answer(value?: unknown): void;
  fail(error: Error): void;
}

/** A database of which every answer is given by the test. */
export interface ScriptedServer {
  readonly appender: JournalAppender;
  /** In the order in which they were asked. */
  readonly asked: readonly Asked[];
  /** The next one of a kind that was not given before, once it is asked for. */
  next(what: Asked['what']): Promise<Asked>;
  /** Lets what is under way go on until it waits for an answer. */
  settled(): Promise<void>;
  /** What was asked so far has no time left to be asked again when it fails. */
  timeIsUp(): void;
}

/** An appender on such a database; `byMarks`: as on several shards; `inCommand`: documents that the driver sends at once. */
export function scriptedServer(byMarks = false, inCommand = Infinity): ScriptedServer {
  const asked: Asked[] = [];
  const given = new Set<Asked>();
  let ms = 0;
  const ask = (what: Asked['what'], ids: readonly string[], concern?: unknown): Promise<unknown> =>
    new Promise((answer, fail) => asked.push({ what, ids, concern, answer, fail }));
  const collection = {
    initializeUnorderedBulkOp: () => {
      const ids: string[] = [];
      return {
        get batches() {
          return Array.from({ length: Math.max(1, ids.length / inCommand) });
        },
        insert: ({ _id }: { _id: string }) => ids.push(_id),
        execute: ({ writeConcern }: { writeConcern?: unknown }) => ask('insert', ids, writeConcern),
      };
    },
    updateOne: ({ _id }: { _id: string }) => ask('confirm', [_id]),
    find: ({ _id }: { _id: { $in: readonly string[] } }) => ({ toArray: () => ask('find', _id.$in) }),
  };
  const connection = {
    collection: () => collection,
    client: { startSession: () => ({ endSession: () => Promise.resolve() }) },
    mustBeThere: () => undefined,
    healed: () => Promise.resolve(),
    run: (step: () => Promise<unknown>) => step(),
    write: (step: () => Promise<unknown>) => step(),
  };
  const world = {
    clock: { monotonicUs: () => ms * 1000 },
    timers: { after: (_: number, ring: () => void) => void setImmediate(ring) },
  };
  const registry = {
    byMarks,
    stayAlive: () => Promise.resolve(),
    advance: () => undefined,
    fence: () => ask('fence', []),
  };
  return {
    appender: new JournalAppender(
      connection as unknown as Arguments[0],
      { callTimeoutMs: 2_500, world } as unknown as Arguments[1],
      registry as unknown as Arguments[2],
    ),
    asked,
    next: async (what) => {
      for (;;) {
        const one = asked.find((each) => each.what === what && !given.has(each));
        if (one !== undefined) {
          given.add(one);
          return one;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    settled: async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    timeIsUp: () => {
      ms += 10_000;
    },
  };
}

import { expect, it } from 'vitest';
import { storeUnavailable } from '../../../../src/errors/store-unavailable.js';
import { JournalAppender } from '../../../../src/storage/mongo/journal/append.js';
import { entry } from '../../contract/entries.js';

type Arguments = ConstructorParameters<typeof JournalAppender>;

/** A server that answers what goes through the session when it is told to; every call gives up on it at once. */
function stuckServer(): {
  readonly appender: JournalAppender;
  readonly answer: () => void;
  readonly calls: () => number;
  readonly most: () => number;
} {
  let answer: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (answer = resolve));
  let calls = 0;
  let underWay = 0;
  let most = 0;
  const inSession = async (): Promise<void> => {
    calls += 1;
    underWay += 1;
    most = Math.max(most, underWay);
    await told;
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay -= 1;
  };
  const collection = {
    initializeUnorderedBulkOp: () => ({ batches: [{}], insert: () => undefined, execute: inSession }),
    find: () => ({ toArray: async () => [] }),
  };
  let ms = 0;
  const giveUp = (step: () => Promise<unknown>): Promise<unknown> => {
    ms += 10_000;
    return Promise.race([step(), Promise.reject(storeUnavailable('it does not answer'))]);
  };
  const connection = {
    collection: () => collection,
    client: { startSession: () => ({}) },
    mustBeThere: () => undefined,
    run: giveUp,
    write: giveUp,
  } as unknown as Arguments[0];
  const options = { callTimeoutMs: 2_500, world: { clock: { monotonicUs: () => ms * 1000 } } };
  const registry = { stayAlive: async () => undefined, advance: () => undefined, fence: inSession };
  return {
    appender: new JournalAppender(
      connection,
      options as unknown as Arguments[1],
      registry as unknown as Arguments[2],
    ),
    answer: () => answer(),
    calls: () => calls,
    most: () => most,
  };
}

it('uses its session for one thing at a time, also for what was given up before its turn', async () => {
  const { appender, answer, calls, most } = stuckServer();
  for (let seq = 1; seq <= 4; seq++)
    await expect(appender.append([entry({ log: 1, seq })])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  answer();
  await expect.poll(calls).toBe(4);
  expect(most()).toBe(1);
});

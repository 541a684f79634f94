import { expect, it } from 'vitest';
import type { Response } from '../../../../src/storage/sqlite/wire.js';
import type { Database } from '../../../../src/storage/sqlite/worker/database.js';
import { Dispatcher } from '../../../../src/storage/sqlite/worker/dispatcher.js';
import { early, read, write } from '../../../../src/storage/sqlite/worker/work.js';

/** A dispatcher whose work after a turn fails so; `turn` lets one pass. */
function failing(error: Error) {
  const posted: Response[] = [];
  const fatal: unknown[] = [];
  const soon: (() => void)[] = [];
  const dispatcher = new Dispatcher(
    {} as Database,
    (response) => void posted.push(response),
    (callback) => void soon.push(callback),
    (what) => void fatal.push(what),
  );
  dispatcher.serve({ ask: read(() => 'answer') });
  dispatcher.afterTurn = () => {
    throw error;
  };
  const ask = (id: number): void => {
    dispatcher.receive({ id, op: 'ask', args: [] });
    for (const callback of soon.splice(0)) callback();
  };
  return { posted, fatal, ask };
}

const sqliteError = (code: string): Error => Object.assign(new Error('no'), { code });

it('a database that has no room to tidy up goes on answering', () => {
  const { posted, fatal, ask } = failing(sqliteError('SQLITE_FULL'));
  ask(1);
  ask(2);
  expect(posted).toEqual([
    { id: 1, value: 'answer' },
    { id: 2, value: 'answer' },
  ]);
  expect(fatal).toEqual([]);
});

it.each([sqliteError('SQLITE_IOERR_WRITE'), new Error('a bug')])(
  'one that cannot be trusted any more is given up: %s',
  (error) => {
    const { posted, fatal, ask } = failing(error);
    ask(1);
    ask(2);
    expect(posted).toEqual([{ id: 1, value: 'answer' }]);
    expect(fatal).toEqual([error]);
  },
);

/** A dispatcher with a disk that syncs when it is told to. */
function onSlowDisk() {
  const posted: number[] = [];
  const errors: Response[] = [];
  const fatal: unknown[] = [];
  const syncs: { done: () => void; failed: (error: Error) => void }[] = [];
  let written = 0;
  let commits = 0;
  const db = {
    lazily: (work: () => unknown) => {
      commits += 1;
      return work();
    },
    savepoint: (work: () => unknown) => work(),
    synced: () => new Promise<void>((done, failed) => syncs.push({ done, failed })),
  };
  const dispatcher = new Dispatcher(
    db as unknown as Database,
    (response) => {
      if ('error' in response) errors.push(response);
      else if ('value' in response) posted.push(response.id);
    },
    setImmediate,
    (what) => void fatal.push(what),
  );
  let ended = false;
  const look = read(() => written);
  dispatcher.serve({
    put: write(() => void (written += 1)),
    look,
    round: early(look, (seen) => seen < 2),
    end: { type: 'end', run: () => void (ended = true) },
  });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    posted,
    errors,
    fatal,
    written: () => written,
    commits: () => commits,
    ended: () => ended,
    ask: async (...ops: readonly (readonly [number, string])[]) => {
      for (const [id, op] of ops) dispatcher.receive({ id, op, args: [] });
      await turns();
    },
    synced: async (error?: Error) => {
      const sync = syncs.shift();
      if (error === undefined) sync?.done();
      else sync?.failed(error);
      await turns();
    },
  };
}

it('answers a write once it is on disk; meanwhile the next ones gather', async () => {
  const { ask, posted, written, commits, synced } = onSlowDisk();
  await ask([1, 'put']);
  await ask([2, 'put']);
  await ask([3, 'put']);
  expect([posted, written(), commits()]).toEqual([[], 1, 1]);
  await synced();
  expect([posted, written(), commits()]).toEqual([[1], 3, 2]);
  await synced();
  expect(posted).toEqual([1, 2, 3]);
});

it('serves reads meanwhile, and answers those that may tell of it once it is on disk', async () => {
  const { ask, posted, synced } = onSlowDisk();
  await ask([1, 'look'], [2, 'put']);
  await ask([3, 'look'], [4, 'round']);
  expect(posted).toEqual([4]);
  await synced();
  expect(posted).toEqual([4, 2, 1, 3]);
  await ask([5, 'look']);
  expect(posted).toEqual([4, 2, 1, 3, 5]);
});

it('ends when all that was asked before is on disk', async () => {
  const { ask, posted, ended, synced } = onSlowDisk();
  await ask([1, 'put']);
  await ask([2, 'put'], [3, 'end']);
  await synced();
  expect(ended()).toBe(false);
  await synced();
  expect(posted).toEqual([1, 2]);
  expect(ended()).toBe(true);
});

it('answers nothing that a disk failed to take, nor anything from then on', async () => {
  const { ask, posted, errors, fatal, synced } = onSlowDisk();
  await ask([1, 'put']);
  await ask([2, 'put'], [3, 'look']);
  const broken = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  await synced(broken);
  expect(posted).toEqual([]);
  expect(fatal).toEqual([broken]);
  expect(errors).toHaveLength(1);
});

it('does nothing with a database that its end has closed', async () => {
  let closed = false;
  const fatal: unknown[] = [];
  const dispatcher = new Dispatcher(
    {} as Database,
    () => undefined,
    setImmediate,
    (what) => void fatal.push(what),
  );
  const end = (): void => {
    dispatcher.stop(new Error('closing'));
    closed = true;
  };
  dispatcher.serve({ end: { type: 'end', run: end } });
  dispatcher.afterTurn = () => {
    if (closed) throw new Error('the database is closed');
  };
  dispatcher.receive({ id: 1, op: 'end', args: [] });
  await expect.poll(() => closed).toBe(true);
  expect(fatal).toEqual([]);
});

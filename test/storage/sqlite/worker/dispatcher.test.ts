import { expect, it } from 'vitest';
import type { Response } from '../../../../src/storage/sqlite/wire.js';
import type { Database } from '../../../../src/storage/sqlite/worker/database.js';
import { Dispatcher } from '../../../../src/storage/sqlite/worker/dispatcher.js';
import { read } from '../../../../src/storage/sqlite/worker/work.js';

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

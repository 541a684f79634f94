import { expect, it } from 'vitest';
import { storeUnavailable } from '../../../../src/errors/store-unavailable.js';
import type { JournalEntry } from '../../../../src/decisions/ports.js';
import { entry } from '../../contract/entries.js';
import { scriptedServer } from './scripted-server.js';

const AWAY = storeUnavailable('it does not answer');
const UNAVAILABLE = { code: 'STORE_UNAVAILABLE' };
const THERE = { matchedCount: 1 };
const GONE = { matchedCount: 0 };

/** An entry as it is found when it is durable. */
function stored({ id, event }: JournalEntry): {
  readonly _id: string;
  readonly l: number;
  readonly n: number;
} {
  return { _id: id, l: event.log, n: event.seq };
}

const [A, B, C] = [1, 2, 3].map((seq) => entry({ log: 1, seq })) as [
  JournalEntry,
  JournalEntry,
  JournalEntry,
];

/** What became of a promise so far. */
function watched<T>(promise: Promise<T>): { ended: boolean; readonly promise: Promise<T> } {
  const seen = { ended: false, promise };
  const end = (): void => void (seen.ended = true);
  promise.then(end, end);
  return seen;
}

it('sends an insert once the one before is applied, and answers neither before a majority has it on disk', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A]));
  const first = await server.next('insert');
  const b = watched(server.appender.append([B]));
  await server.settled();
  expect(server.asked.map(({ what }) => what)).toEqual(['insert']);
  expect(first.concern).toEqual({ w: 1, journal: false });
  first.answer();
  (await server.next('insert')).answer();
  const [confirmA, confirmB] = [await server.next('confirm'), await server.next('confirm')];
  expect([confirmA.ids, confirmB.ids]).toEqual([[A.id], [B.id]]);
  await server.settled();
  expect([a.ended, b.ended]).toEqual([false, false]);
  // Not even one that is confirmed, before those that were sent before it.
  confirmB.answer(THERE);
  await server.settled();
  expect([a.ended, b.ended]).toEqual([false, false]);
  confirmA.answer(THERE);
  expect(await Promise.all([a.promise, b.promise])).toEqual([['stored'], ['stored']]);
});

it('has four inserts at most that no majority has confirmed; what comes meanwhile goes as one', async () => {
  const server = scriptedServer();
  const answers: Promise<unknown>[] = [];
  for (let seq = 1; seq <= 6; seq++) {
    answers.push(server.appender.append([entry({ log: 1, seq })]));
    if (seq <= 4) (await server.next('insert')).answer();
    await server.settled();
  }
  expect(server.asked.filter(({ what }) => what === 'insert').length).toBe(4);
  (await server.next('confirm')).answer(THERE);
  const fifth = await server.next('insert');
  expect(fifth.ids.length).toBe(2);
  fifth.answer();
  for (let confirm = 2; confirm <= 5; confirm++) (await server.next('confirm')).answer(THERE);
  expect(await Promise.all(answers)).toEqual(answers.map(() => ['stored']));
});

it('refuses what is gone with its primary, sends it no second time, and goes on', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).answer();
  const b = watched(server.appender.append([B])).promise;
  (await server.next('insert')).answer();
  (await server.next('confirm')).answer(GONE);
  (await server.next('confirm')).answer(THERE);
  await expect(a).rejects.toMatchObject(UNAVAILABLE);
  expect(await b).toEqual(['stored']);
  expect(server.appender.inDoubt).toBe(true);
  const c = watched(server.appender.append([C])).promise;
  (await server.next('fence')).answer();
  const find = await server.next('find');
  expect(find.ids).toEqual([A.id]);
  find.answer([]);
  const insert = await server.next('insert');
  expect(insert.ids).toEqual([C.id]);
  insert.answer();
  (await server.next('confirm')).answer(THERE);
  expect(await c).toEqual(['stored']);
  expect(await server.appender.recovered()).toEqual([]);
  expect(server.appender.inDoubt).toBe(false);
});

it('settles several that no majority confirmed in time before anything else is written', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).answer();
  const b = watched(server.appender.append([B])).promise;
  (await server.next('insert')).answer();
  const confirms = [await server.next('confirm'), await server.next('confirm')];
  server.timeIsUp();
  for (const confirm of confirms) confirm.fail(AWAY);
  await expect(a).rejects.toMatchObject(UNAVAILABLE);
  await expect(b).rejects.toMatchObject(UNAVAILABLE);
  const c = watched(server.appender.append([C])).promise;
  (await server.next('fence')).answer();
  const find = await server.next('find');
  expect(find.ids).toEqual([A.id, B.id]);
  find.answer([stored(A), stored(B)]);
  (await server.next('insert')).answer();
  (await server.next('confirm')).answer(THERE);
  expect(await c).toEqual(['stored']);
  expect(await server.appender.recovered()).toEqual([A.event, B.event]);
  expect(await server.appender.recovered()).toEqual([]);
});

it('keeps in doubt what came to be so while others are settled', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).answer();
  const b = watched(server.appender.append([B])).promise;
  (await server.next('insert')).answer();
  const [confirmA, confirmB] = [await server.next('confirm'), await server.next('confirm')];
  server.timeIsUp();
  confirmA.fail(AWAY);
  await server.settled();
  const settling = server.appender.recovered();
  (await server.next('fence')).answer();
  const find = await server.next('find');
  confirmB.fail(AWAY);
  await expect(a).rejects.toMatchObject(UNAVAILABLE);
  await expect(b).rejects.toMatchObject(UNAVAILABLE);
  find.answer([stored(A)]);
  expect(await settling).toEqual([A.event]);
  expect(server.appender.inDoubt).toBe(true);
  const again = server.appender.recovered();
  (await server.next('fence')).answer();
  const second = await server.next('find');
  expect(second.ids).toEqual([B.id]);
  second.answer([stored(B)]);
  expect(await again).toEqual([B.event]);
});

it('asks again for a confirmation that failed while there is time', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).answer();
  (await server.next('confirm')).fail(AWAY);
  (await server.next('confirm')).answer(THERE);
  expect(await a).toEqual(['stored']);
});

it('sends an insert again that failed, for a majority at once, so that what the first had stored is found', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).fail(AWAY);
  const again = await server.next('insert');
  expect(again.concern).toBeUndefined();
  again.answer();
  (await server.next('confirm')).answer(THERE);
  expect(await a).toEqual(['stored']);
});

it('waits for a majority for what is too much for one command: a primary may go in between', async () => {
  const server = scriptedServer(false, 2);
  const a = watched(server.appender.append([A, B, C, entry({ log: 1, seq: 4 })])).promise;
  const insert = await server.next('insert');
  expect(insert.concern).toBeUndefined();
  insert.answer();
  (await server.next('confirm')).answer(THERE);
  expect(await a).toEqual(['stored', 'stored', 'stored', 'stored']);
});

it('waits for a majority before the next insert where shards have no common order', async () => {
  const server = scriptedServer(true);
  const a = watched(server.appender.append([A])).promise;
  const first = await server.next('insert');
  const b = watched(server.appender.append([B])).promise;
  expect(first.concern).toBeUndefined();
  first.answer();
  (await server.next('insert')).answer();
  expect(await Promise.all([a, b])).toEqual([['stored'], ['stored']]);
  expect(server.asked.map(({ what }) => what)).toEqual(['insert', 'insert']);
});

it('is closed once the last confirmation is there', async () => {
  const server = scriptedServer();
  const a = watched(server.appender.append([A])).promise;
  (await server.next('insert')).answer();
  const closed = watched(server.appender.close());
  const confirm = await server.next('confirm');
  await server.settled();
  expect(closed.ended).toBe(false);
  confirm.answer(THERE);
  await closed.promise;
  expect(await a).toEqual(['stored']);
});

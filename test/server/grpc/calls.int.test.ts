import { expect, test } from 'vitest';
import type { Caller } from '../../../src/decisions/caller.js';
import { ListService } from '../../../src/gen/tollgate/v1/list_service_pb.js';
import { createClient } from '../../../src/server/grpc/bridge.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRecord } from '../support/records.js';
import { sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

/** An application whose decisions wait until they are told to go on, and show what they were told of the caller. */
function waiting() {
  const calls: (Caller | undefined)[] = [];
  let goOn: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let arrived: () => void = () => undefined;
  const called = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const application = fakeApplication({
    decisions: {
      screen: async (_, caller) => {
        calls.push(caller);
        arrived();
        await gate;
        return { record: sampleRecord(), repeated: false };
      },
    },
  });
  return { application, calls, called, goOn: () => goOn() };
}

test('a deadline reaches the handler as a moment', async () => {
  const { application, calls, goOn } = waiting();
  const { decisions } = await start(application);
  goOn();
  const before = Date.now();
  await decisions.screen(sampleRequest(), { deadlineMs: 60_000 });
  expect(calls[0]?.deadline).toBeGreaterThan(before + 59_000);
  expect(calls[0]?.deadline).toBeLessThanOrEqual(Date.now() + 60_000);
});

test('passing a deadline cancels the call', async () => {
  const { application, calls, goOn } = waiting();
  const { decisions } = await start(application);
  // A machine may be too busy to bring a call to its handler in so short a time.
  for (let deadlineMs = 50; calls.length === 0; deadlineMs *= 2)
    await expect(decisions.screen(sampleRequest(), { deadlineMs })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  await expect.poll(() => calls[0]?.cancelled).toBe(true);
  goOn();
});

test('without a deadline there is none', async () => {
  const { application, calls, goOn } = waiting();
  const { decisions } = await start(application);
  goOn();
  await decisions.screen(sampleRequest());
  expect(calls[0]?.deadline).toBeUndefined();
});

test('a caller that goes away cancels the call', async () => {
  const { application, calls, called, goOn } = waiting();
  const { decisions } = await start(application);
  const controller = new AbortController();
  const answer = decisions.screen(sampleRequest(), { signal: controller.signal });
  await called;
  expect(calls[0]?.cancelled).toBe(false);
  controller.abort();
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect.poll(() => calls[0]?.cancelled).toBe(true);
  goOn();
});

test('an answered call is never cancelled', async () => {
  const { application, calls, goOn } = waiting();
  const { decisions, channel, server } = await start(application);
  goOn();
  await decisions.screen(sampleRequest());
  // The end of the call has been seen by the server once the next one is answered.
  await decisions.screen(sampleRequest());
  channel.close();
  await server.close(50);
  expect(calls[0]?.cancelled).toBe(false);
});

/** Ends when its reader does. */
function endlessExport() {
  const seen = { pages: 0, ended: false };
  async function* pages() {
    try {
      for (;;) {
        yield [];
        seen.pages += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      seen.ended = true;
    }
  }
  return { seen, application: fakeApplication({ lists: { export: pages } }) };
}

test('nothing more is read for an export whose deadline passes', async () => {
  const { seen, application } = endlessExport();
  const { channel } = await start(application);
  const lists = createClient(ListService, channel, { now: Date.now });
  for (let deadlineMs = 50; seen.pages === 0; deadlineMs *= 2) {
    const reading = (async () => {
      for await (const _page of lists.exportEntries({ list: 'endless' }, { deadlineMs }));
    })();
    await expect(reading).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  }
  await expect.poll(() => seen.ended).toBe(true);
});

test('nothing more is read for an export whose caller goes away', async () => {
  const { seen, application } = endlessExport();
  const { channel } = await start(application);
  const lists = createClient(ListService, channel);
  for await (const _page of lists.exportEntries({ list: 'endless' })) if (seen.pages > 3) break;
  await expect.poll(() => seen.ended).toBe(true);
});

test('an import whose deadline passes fails', async () => {
  let began = false;
  let failure: unknown;
  const { channel } = await start(
    fakeApplication({
      lists: {
        import: async (_, batches) => {
          began = true;
          try {
            for await (const _batch of batches);
          } catch (error) {
            failure = error;
          }
          throw failure;
        },
      },
    }),
  );
  async function* unending() {
    yield { list: 'l', actor: 'a', source: 's' };
    await new Promise(() => undefined);
  }
  const lists = createClient(ListService, channel, { now: Date.now });
  for (let deadlineMs = 50; !began; deadlineMs *= 2)
    await expect(lists.importEntries(unending(), { deadlineMs })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  await expect.poll(() => failure).toMatchObject({ code: 'CANCELLED' });
});

test('a call that was given up before it began is cancelled', async () => {
  const { decisions } = await start(fakeApplication());
  const signal = AbortSignal.abort();
  await expect(decisions.screen(sampleRequest(), { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
});

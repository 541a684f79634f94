import { expect, test } from 'vitest';
import type { CallLimits } from '../../../src/decisions/service.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRecord } from '../support/records.js';
import { sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

/** An application whose decisions wait until they are told to go on, and show what they were told of the caller. */
function waiting() {
  const calls: (CallLimits | undefined)[] = [];
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
      screen: async (_, limits) => {
        calls.push(limits);
        arrived();
        await gate;
        return { record: sampleRecord(), repeated: false };
      },
    },
  });
  return { application, calls, called, goOn: () => goOn() };
}

test('a deadline reaches the handler as a moment, and passing it cancels the call', async () => {
  const { application, calls, goOn } = waiting();
  const { decisions } = await start(application);
  const before = Date.now();
  await expect(decisions.screen(sampleRequest(), { deadlineMs: 150 })).rejects.toMatchObject({
    code: 'DEADLINE_EXCEEDED',
  });
  expect(calls[0]?.deadline).toBeGreaterThan(before);
  expect(calls[0]?.deadline).toBeLessThanOrEqual(before + 1000);
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

test('a call that was given up before it began is cancelled', async () => {
  const { decisions } = await start(fakeApplication());
  const signal = AbortSignal.abort();
  await expect(decisions.screen(sampleRequest(), { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
});

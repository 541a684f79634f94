import type { Caller } from '../../../src/decisions/caller.js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { EventInput, ScreenInput } from '../../../src/decisions/decisions.js';
import { TollgateError } from '../../../src/errors/errors.js';
import type {
  ScreenStreamRequestSchema,
  StreamEntry,
  StreamResult,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { ScreenRequestSchema, StreamEntrySchema } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema, EventService } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { createClient } from '../../../src/server/grpc/bridge.js';
import { fromRpcStatus } from '../../../src/server/grpc/call-failed.js';
import { create } from '@bufbuild/protobuf';
import { ItemSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRecord } from '../support/records.js';
import { sampleEvent, sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

type Batch = MessageInitShape<typeof ScreenStreamRequestSchema>;

function screen(requestId: string): StreamEntry {
  return create(StreamEntrySchema, { entry: { case: 'screen', value: sampleRequest(requestId) } });
}

function event(eventId: string): StreamEntry {
  return create(StreamEntrySchema, { entry: { case: 'event', value: sampleEvent({ eventId }) } });
}

async function* sent<T>(...messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

async function gather(answers: AsyncIterable<{ readonly results: StreamResult[] }>): Promise<StreamResult[]> {
  const results: StreamResult[] = [];
  for await (const answer of answers) results.push(...answer.results);
  return results;
}

/** What each result is about: the request or event id, or the code of its error. */
function about({ result }: StreamResult): string | undefined {
  switch (result.case) {
    case 'screen':
      return result.value.decision?.requestId;
    case 'event':
      return result.value.eventId;
    case 'error':
      return fromRpcStatus(result.value)?.code;
    default:
      return undefined;
  }
}

/** Waits until a count has been the same for a while. */
async function comesToRest(count: () => number): Promise<void> {
  let before = -1;
  let rested = 0;
  await expect
    .poll(
      () => {
        rested = before === count() ? rested + 1 : 0;
        before = count();
        return rested;
      },
      { timeout: 20_000 },
    )
    .toBe(5);
}

describe('ScreenStream', () => {
  test('hands entries over in order without waiting and answers in order, whatever finishes first', async () => {
    const seen: string[] = [];
    const answered: (() => void)[] = [];
    const later = <T>(id: string, value: T): Promise<T> => {
      seen.push(id);
      return new Promise((resolve) => {
        answered.push(() => resolve(value));
        // All are under way together: the last one lets them go, itself first.
        if (seen.length === 6) for (const answer of answered.reverse()) answer();
      });
    };
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: (input) =>
            later(input.requestId, { record: sampleRecord({ requestId: input.requestId }), repeated: false }),
          record: (input) => later(input.eventId, { eventId: input.eventId, seq: 1, repeated: false }),
        },
      }),
    );
    const batches: Batch[] = [
      { entries: [screen('a'), event('b'), screen('c')] },
      { entries: [] },
      { entries: [event('d'), screen('e')] },
      { entries: [screen('f')] },
    ];
    const results = await gather(decisions.screenStream(sent(...batches)));
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(results.map(about)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('keeps the bytes of each entry as received', async () => {
    const screens: ScreenInput[] = [];
    const events: EventInput[] = [];
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: async (input) => {
            screens.push(input);
            return { record: sampleRecord(), repeated: false };
          },
          record: async (input) => {
            events.push(input);
            return { eventId: input.eventId, seq: 7, repeated: true };
          },
        },
      }),
    );
    const [, answer] = await gather(decisions.screenStream(sent({ entries: [screen('a'), event('b')] })));
    expect(Buffer.from(screens[0]?.raw ?? [])).toEqual(
      Buffer.from(toBinary(ScreenRequestSchema, sampleRequest('a'))),
    );
    expect(Buffer.from(events[0]?.raw ?? [])).toEqual(
      Buffer.from(toBinary(EventSchema, sampleEvent({ eventId: 'b' }))),
    );
    expect(answer?.result).toMatchObject({
      case: 'event',
      value: { eventId: 'b', sequence: 7n, repeated: true },
    });
  });

  test('an entry that fails is answered in its place and the stream goes on', async () => {
    const { decisions, unexpected } = await start(
      fakeApplication({
        decisions: {
          screen: async ({ requestId }) => {
            if (requestId === 'refused') throw new TollgateError('OVERLOADED', 'busy');
            if (requestId === 'bug') throw new Error('a leak');
            return { record: sampleRecord({ requestId }), repeated: false };
          },
        },
      }),
    );
    const invalid = create(StreamEntrySchema, {
      entry: { case: 'screen', value: sampleRequest('x', { site: 'not a site' }) },
    });
    const results = await gather(
      decisions.screenStream(
        sent({
          entries: [
            screen('a'),
            screen('refused'),
            invalid,
            create(StreamEntrySchema),
            screen('bug'),
            screen('b'),
          ],
        }),
      ),
    );
    expect(results.map(about)).toEqual([
      'a',
      'OVERLOADED',
      'INVALID_REQUEST',
      'INVALID_REQUEST',
      'INTERNAL',
      'b',
    ]);
    const error = results[2]?.result.case === 'error' ? fromRpcStatus(results[2].result.value) : undefined;
    expect(error?.violations).toEqual([
      { field: 'payment.site', description: 'not 1 to 64 of [A-Za-z0-9._-]' },
    ]);
    expect(unexpected).toHaveLength(1);
    expect(
      JSON.stringify(results[4], (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)),
    ).not.toContain('leak');
  });

  test('more than 1,000 entries in one message: none is taken, the stream ends after what came before', async () => {
    const decided: string[] = [];
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: async ({ requestId }) => {
            decided.push(requestId);
            return { record: sampleRecord({ requestId }), repeated: false };
          },
        },
      }),
    );
    const full = Array.from({ length: 1000 }, (_, index) => screen(`r-${index}`));
    const results: StreamResult[] = [];
    const streaming = (async () => {
      const answers = decisions.screenStream(sent({ entries: full }, { entries: [...full, screen('more')] }));
      for await (const answer of answers) results.push(...answer.results);
    })();
    await expect(streaming).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'entries', description: 'more than 1,000 in one message' }],
    });
    expect(results.map(about)).toEqual(full.map((_, index) => `r-${index}`));
    expect(decided).toHaveLength(1000);
  });

  test('a slow reader holds the sender back: what is under way stays bounded', async () => {
    let started = 0;
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: async ({ requestId }) => {
            started += 1;
            // Answers of some size, so that the windows of the connection fill.
            return { record: sampleRecord({ requestId, rateId: 'x'.repeat(20_000) }), repeated: false };
          },
        },
      }),
      { limits: { maxInFlightPerStream: 64 } },
    );
    let handedOver = 0;
    async function* endless(): AsyncGenerator<Batch> {
      for (let batch = 0; batch < 400; batch++) {
        handedOver += 1;
        yield { entries: Array.from({ length: 8 }, (_, index) => screen(`${batch}-${index}`)) };
      }
    }
    const answers = decisions.screenStream(endless())[Symbol.asyncIterator]();
    const first = await answers.next();
    expect(first.value.results).toHaveLength(8);
    // Nothing is read for a while: the count of started entries comes to rest far below the 3,200 on offer.
    await comesToRest(() => started);
    expect(started).toBeLessThan(1600);
    let results = first.value.results.length;
    for (;;) {
      const next = await answers.next();
      if (next.done === true) break;
      results += next.value.results.length;
    }
    expect(results).toBe(3200);
    expect(started).toBe(3200);
    expect(handedOver).toBe(400);
  });

  test('large entries weigh more: fewer of them are under way at once', async () => {
    const waiting: (() => void)[] = [];
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: ({ requestId }) =>
            new Promise((resolve) => {
              waiting.push(() => resolve({ record: sampleRecord({ requestId }), repeated: false }));
            }),
        },
      }),
      { limits: { maxInFlightPerStream: 16 } },
    );
    const item = create(ItemSchema, { name: 'n'.repeat(256), category: 'c'.repeat(128), quantity: 1 });
    const items = Array.from({ length: 200 }, () => item);
    async function* large(): AsyncGenerator<Batch> {
      for (let index = 0; index < 40; index++) {
        const value = sampleRequest(`large-${index}`, { items });
        yield { entries: [{ entry: { case: 'screen', value } }] };
      }
    }
    let results: StreamResult[] | undefined;
    void gather(decisions.screenStream(large())).then((all) => (results = all));
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    await comesToRest(() => waiting.length);
    expect(waiting).toHaveLength(2);
    await expect
      .poll(() => {
        for (const answer of waiting.splice(0)) answer();
        return results?.length;
      })
      .toBe(40);
  });

  test('a caller that goes away cancels what is under way, and no more is taken', async () => {
    let given: Caller | undefined;
    let started = 0;
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: ({ requestId }, caller) => {
            started += 1;
            given = caller;
            return requestId === 'a'
              ? Promise.resolve({ record: sampleRecord({ requestId }), repeated: false })
              : new Promise(() => undefined);
          },
        },
      }),
    );
    let release: () => void = () => undefined;
    async function* paused(): AsyncGenerator<Batch> {
      yield { entries: [screen('a')] };
      yield { entries: [screen('b')] };
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield { entries: [screen('c')] };
    }
    for await (const { results } of decisions.screenStream(paused())) {
      expect(results).toHaveLength(1);
      await expect.poll(() => started).toBe(2);
      break;
    }
    await expect.poll(() => given?.cancelled).toBe(true);
    release();
    expect(started).toBe(2);
  });

  test('a server that is told to end ends a stream at once, after all answers, also to a reader that is slow to take them', async () => {
    let started = 0;
    const { decisions, server } = await start(
      fakeApplication({
        decisions: {
          screen: async ({ requestId }) => {
            started += 1;
            return { record: sampleRecord({ requestId, rateId: 'x'.repeat(100_000) }), repeated: false };
          },
        },
      }),
    );
    let over = false;
    async function* idle(): AsyncGenerator<Batch> {
      for (let index = 0; index < 12; index++) yield { entries: [screen(`r-${index}`)] };
      await expect.poll(() => over, { timeout: 20_000 }).toBe(true);
    }
    const answers = decisions.screenStream(idle())[Symbol.asyncIterator]();
    const ids = [about((await answers.next()).value.results[0])];
    await expect.poll(() => started).toBe(12);
    const closed = server.close(60_000);
    const rest = async (): Promise<void> => {
      for (let next = await answers.next(); next.done !== true; next = await answers.next())
        ids.push(...next.value.results.map(about));
    };
    await expect(rest()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await closed;
    over = true;
    expect(ids).toEqual(Array.from({ length: 12 }, (_, index) => `r-${index}`));
  });

  test('many streams may be open at once, and Node takes none of them for a leak', async () => {
    const warnings: string[] = [];
    const warned = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const { decisions } = await start(fakeApplication());
    const streams = Array.from({ length: 20 }, (_, index) => {
      async function* paused(): AsyncGenerator<Batch> {
        yield { entries: [screen(`s-${index}`)] };
        await allOpen;
      }
      return decisions.screenStream(paused())[Symbol.asyncIterator]();
    });
    let open: () => void = () => undefined;
    const allOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    for (const stream of streams) expect((await stream.next()).value.results).toHaveLength(1);
    open();
    for (const stream of streams) expect((await stream.next()).done).toBe(true);
    expect(warnings).toEqual([]);
  });

  test('what fails in the sender ends the call with that error', async () => {
    const { decisions } = await start(fakeApplication());
    async function* broken(): AsyncGenerator<Batch> {
      yield { entries: [screen('a')] };
      throw new RangeError('line 7 is broken');
    }
    await expect(gather(decisions.screenStream(broken()))).rejects.toThrow('line 7 is broken');
  });
});

describe('RecordEvents', () => {
  test('answers each event in its place', async () => {
    const { channel } = await start(
      fakeApplication({
        decisions: {
          record: async ({ eventId }) => {
            if (eventId === 'unknown') throw new TollgateError('DECISION_NOT_FOUND', 'no such decision');
            return { eventId, seq: 9, repeated: eventId === 'again' };
          },
        },
      }),
    );
    const events = createClient(EventService, channel);
    const answers = [];
    const batches = [
      { events: [sampleEvent({ eventId: 'a' }), sampleEvent({ eventId: 'unknown' })] },
      { events: [sampleEvent({ eventId: 'again' }), sampleEvent({ eventId: '' })] },
    ];
    for await (const { results } of events.recordEvents(sent(...batches))) answers.push(...results);
    expect(answers).toMatchObject([
      { eventId: 'a', repeated: false, sequence: 9n },
      { eventId: 'unknown', error: { message: 'no such decision' } },
      { eventId: 'again', repeated: true },
      { eventId: '', error: { message: 'event_id: is required' } },
    ]);
    expect(answers[0]?.error).toBeUndefined();
  });
});

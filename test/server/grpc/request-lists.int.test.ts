import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ServiceError } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import {
  DecisionSchema,
  Outcome,
  ScreenRequestSchema,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventService } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { ListService } from '../../../src/gen/tollgate/v1/list_service_pb.js';
import { ItemSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { SiteService } from '../../../src/gen/tollgate/v1/site_service_pb.js';
import { createClient, fromRpcStatus } from '../../../src/server/grpc/bridge.js';
import { fromServiceError } from '../../../src/server/grpc/call-failed.js';
import { decoderOf } from '../../../src/server/grpc/codec.js';
import { fakeApplication } from '../support/fakes.js';
import { rawUnary } from '../support/raw.js';
import { EVENT_MS, sampleEvent, samplePayment, sampleRequest } from '../support/requests.js';
import type { Running } from '../support/start.js';
import { start } from '../support/start.js';

const DECISIONS = '/tollgate.v1.DecisionService';
const LISTS = '/tollgate.v1.ListService';
const SITES = '/tollgate.v1.SiteService';
const LENGTH = WireType.LengthDelimited;

const changed = { added: 0, unchanged: 0, removed: 0, unknown: 0, revision: 1 };

/** What a running server says to as many elements of each list as it is asked for. */
async function startAll(): Promise<Running> {
  return start(
    fakeApplication({
      decisions: { list: async () => ({ records: [], next: '' }) },
      lists: {
        add: async () => changed,
        remove: async () => changed,
        async import(_, batches) {
          for await (const batch of batches) void batch;
          return { ...changed, invalid: 0, problems: [] };
        },
      },
      sites: { putSite: async (site) => ({ ...site, revision: 1 }) },
    }),
  );
}

function many<T>(count: number, one: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => one(index));
}

async function* sent<T>(...messages: T[]): AsyncGenerator<T> {
  yield* messages;
}

async function all(answers: AsyncIterable<unknown>): Promise<void> {
  for await (const answer of answers) void answer;
}

const item = create(ItemSchema, { sku: 's', name: 'n', category: 'c', quantity: 1, unitPriceMinor: 1n });

function listEntry(index: number) {
  const from = timestampFromMs(EVENT_MS);
  return {
    value: `10.0.${index >> 8}.${index & 255}`,
    actor: 'ana',
    source: 'x',
    reason: 'y',
    validFrom: from,
  };
}

interface Case {
  readonly field: string;
  readonly most: number;
  readonly call: (to: Running, count: number) => Promise<unknown>;
}

const CASES: readonly Case[] = [
  {
    field: 'payment.items',
    most: 200,
    call: ({ decisions }, count) => decisions.screen(sampleRequest('r', { items: many(count, () => item) })),
  },
  {
    field: 'payment.attributes',
    most: 32,
    call: ({ decisions }, count) =>
      decisions.screen(
        sampleRequest('r', { attributes: Object.fromEntries(many(count, (index) => [`a${index}`, 'x'])) }),
      ),
  },
  {
    field: 'outcomes',
    most: 5,
    call: ({ decisions }, count) => decisions.listDecisions({ outcomes: many(count, () => Outcome.REVIEW) }),
  },
  {
    field: 'entries',
    most: 1_000,
    call: ({ decisions }, count) =>
      all(
        decisions.screenStream(
          sent({
            entries: many(count, () => ({ entry: { case: 'screen' as const, value: sampleRequest() } })),
          }),
        ),
      ),
  },
  {
    field: 'events',
    most: 1_000,
    call: ({ channel }, count) =>
      all(
        createClient(EventService, channel).recordEvents(sent({ events: many(count, () => sampleEvent()) })),
      ),
  },
  {
    field: 'entries',
    most: 1_000,
    call: ({ channel }, count) =>
      createClient(ListService, channel).addEntries({ list: 'l', entries: many(count, listEntry) }),
  },
  {
    field: 'values',
    most: 1_000,
    call: ({ channel }, count) =>
      createClient(ListService, channel).removeEntries({
        list: 'l',
        actor: 'ana',
        values: many(count, String),
      }),
  },
  {
    // The bound is one of a message: a stream holds any number.
    field: 'entries',
    most: 1_000,
    call: ({ channel }, count) =>
      createClient(ListService, channel).importEntries(
        sent(
          { list: 'l', actor: 'ana', entries: many(1_000, listEntry) },
          { entries: many(count, listEntry) },
        ),
      ),
  },
  {
    field: 'site.languages',
    most: 50,
    call: ({ channel }, count) =>
      createClient(SiteService, channel).putSite({
        site: {
          id: 's',
          timeZone: 'UTC',
          country: 'ES',
          currency: 'EUR',
          languages: many(count, () => 'es'),
        },
      }),
  },
];

describe('a list of a request', () => {
  test.each(CASES)(
    '$field: $most are taken, one more is refused by its name',
    async ({ field, most, call }) => {
      const running = await startAll();
      await call(running, most);
      await expect(call(running, most + 1)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        violations: [{ field, description: `more than ${most.toLocaleString('en-US')} in one message` }],
      });
    },
  );

  /** Elements that take two or three bytes each. Behind them stands what is no protobuf: nobody got there. */
  const endless = (element: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.alloc(4_000_000, element), Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)]);
  const within = (field: number, bytes: Uint8Array): Uint8Array =>
    new BinaryWriter().tag(field, LENGTH).bytes(bytes).finish();
  /** Attributes that differ, of five bytes each. */
  const attributes = Buffer.concat(many(100, (index) => within(16, within(1, Buffer.of(index)))));

  test.each([
    [`${DECISIONS}/Screen`, 'payment.items', within(2, endless(Buffer.of(0x72, 0)))],
    [
      `${DECISIONS}/Screen`,
      'payment.attributes',
      within(2, Buffer.concat([attributes, endless(attributes)])),
    ],
    [`${DECISIONS}/ListDecisions`, 'outcomes', within(4, endless(Buffer.of(1)))],
    [`${DECISIONS}/ListDecisions`, 'outcomes', endless(Buffer.of(0x20, 1))],
    [`${LISTS}/AddEntries`, 'entries', endless(Buffer.of(0x12, 0))],
    [`${LISTS}/RemoveEntries`, 'values', endless(Buffer.of(0x12, 0))],
    [`${SITES}/PutSite`, 'site.languages', within(1, endless(Buffer.of(0x3a, 0)))],
  ])('%s, 4 MB of %s: refused, and what comes after the bound was not read', async (path, field, bytes) => {
    const { channel, decisions } = await startAll();
    const error = (await rawUnary(channel, path, Buffer.from(bytes)).catch(
      (e: unknown) => e,
    )) as ServiceError;
    expect(fromServiceError(error)).toMatchObject({ code: 'INVALID_REQUEST', violations: [{ field }] });
    await expect(decisions.screen(sampleRequest())).resolves.toMatchObject({ repeated: false });
  });

  test('an event of a batch that holds too many items is refused alone, by their name', async () => {
    const { channel } = await startAll();
    const payment = samplePayment({ items: many(201, () => item) });
    const events = [sampleEvent(), sampleEvent({ payment, requestId: '' }), sampleEvent()];
    const errors = [];
    for await (const { results } of createClient(EventService, channel).recordEvents(sent({ events }))) {
      errors.push(...results.map(({ error }) => error && fromRpcStatus(error)?.violations[0]?.field));
    }
    expect(errors).toEqual([undefined, 'payment.items', undefined]);
  });

  test('the same attribute again takes no room', async () => {
    const { channel } = await startAll();
    const again = many(100, () => within(2, within(16, within(1, Buffer.from('note')))));
    const bytes = Buffer.concat([toBinary(ScreenRequestSchema, sampleRequest()), ...again]);
    await rawUnary(channel, `${DECISIONS}/Screen`, bytes);
  });

  test('a type with a list that has no bound has no decoder', () => {
    expect(() => decoderOf(DecisionSchema)).toThrow('tollgate.v1.Decision.reasons has no bound');
  });
});

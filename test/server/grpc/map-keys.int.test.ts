import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import type { ScreenInput } from '../../../src/decisions/service.js';
import { TollgateError } from '../../../src/errors/errors.js';
import {
  DecisionService,
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { PaymentSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { decodeMessage } from '../../../src/server/grpc/codec.js';
import { decodeEntries, decodeEvents } from '../../../src/server/grpc/convert/entries.js';
import { forbiddenKeyIn } from '../../../src/server/grpc/map-keys.js';
import { fakeApplication } from '../support/fakes.js';
import { rawUnary } from '../support/raw.js';
import { sampleRecord } from '../support/records.js';
import { sampleEvent, sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

const ATTRIBUTES = PaymentSchema.fields.find(({ name }) => name === 'attributes')?.number ?? 0;

/** A payment, and one more attribute, as bytes: a message object cannot hold every name. */
function paymentWith(name: string): Uint8Array {
  const payment = toBinary(PaymentSchema, sampleRequest().payment ?? create(PaymentSchema));
  const entry = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(name)
    .tag(2, WireType.LengthDelimited)
    .string('x')
    .finish();
  const attribute = new BinaryWriter().tag(ATTRIBUTES, WireType.LengthDelimited).bytes(entry).finish();
  return Buffer.concat([payment, attribute]);
}

function inside(number: number, part: Uint8Array): Buffer {
  return Buffer.from(new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(part).finish());
}

/** A ScreenRequest whose payment has the attribute named. */
function screenWith(name: string): Buffer {
  const rest = create(ScreenRequestSchema, { requestId: 'r-1' });
  return Buffer.concat([toBinary(ScreenRequestSchema, rest), inside(2, paymentWith(name))]);
}

const violations = (error: unknown): readonly string[] =>
  error instanceof TollgateError ? error.violations.map(({ field }) => field) : [];

describe('a map with the key __proto__', () => {
  test('is named by its field, however deep it lies', () => {
    expect(forbiddenKeyIn(ScreenRequestSchema, screenWith('__proto__'))).toBe('payment.attributes');
    const stream = inside(1, inside(1, screenWith('__proto__')));
    const two = Buffer.concat([inside(1, inside(1, screenWith('fine'))), stream]);
    expect(forbiddenKeyIn(ScreenStreamRequestSchema, two)).toBe('entries[1].screen.payment.attributes');
  });

  test.each(['constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__x'])(
    'is not one with the key %s, which is kept as any other',
    (name) => {
      const { payment } = decodeMessage(ScreenRequestSchema, screenWith(name));
      expect(Object.entries(payment?.attributes ?? {})).toContainEqual([name, 'x']);
      expect(Object.getPrototypeOf(payment?.attributes)).toBe(Object.prototype);
    },
  );

  test('is not one where only a text says so', () => {
    const request = sampleRequest('__proto__');
    expect(forbiddenKeyIn(ScreenRequestSchema, toBinary(ScreenRequestSchema, request))).toBeUndefined();
  });

  test('fails its own entry of a stream and no other', () => {
    const fine = toBinary(EventSchema, sampleEvent({ eventId: 'fine' }));
    const event = Buffer.concat([
      toBinary(EventSchema, create(EventSchema, { eventId: 'bad' })),
      inside(
        EventSchema.fields.find(({ name }) => name === 'payment')?.number ?? 0,
        paymentWith('__proto__'),
      ),
    ]);
    const events = decodeEvents(Buffer.concat([inside(1, fine), inside(1, event), inside(1, fine)]));
    expect(events.map((one) => (one.kind === 'malformed' ? violations(one.error) : one.kind))).toEqual([
      'event',
      ['payment.attributes'],
      'event',
    ]);
    const entries = decodeEntries(
      Buffer.concat([
        inside(1, inside(1, screenWith('__proto__'))),
        inside(1, inside(1, screenWith('fine'))),
      ]),
    );
    expect(entries.map((one) => (one.kind === 'malformed' ? violations(one.error) : one.kind))).toEqual([
      ['payment.attributes'],
      'screen',
    ]);
  });

  test('is INVALID_ARGUMENT over the wire, and never reaches a decision', async () => {
    const decided: ScreenInput[] = [];
    const { channel } = await start(
      fakeApplication({
        decisions: {
          screen: async (input) => {
            decided.push(input);
            return { record: sampleRecord(), repeated: false };
          },
        },
      }),
    );
    const path = `/${DecisionService.typeName}/Screen`;
    await expect(rawUnary(channel, path, screenWith('__proto__'))).rejects.toMatchObject({
      code: 3,
      details: expect.stringContaining('payment.attributes: a name must not be __proto__') as string,
    });
    expect(decided).toEqual([]);
    await rawUnary(channel, path, screenWith('constructor'));
    expect(Object.entries(decided[0]?.payment.attributes ?? {})).toContainEqual(['constructor', 'x']);
  });
});

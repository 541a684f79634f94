import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, test } from 'vitest';
import type { ScreenInput } from '../../../src/decisions/decisions.js';
import { TollgateError } from '../../../src/errors/errors.js';
import { DecisionService, ScreenRequestSchema } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { PaymentSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { decoderOf } from '../../../src/server/grpc/codec.js';
import { decodeEvents } from '../../../src/server/grpc/convert/entries.js';
import { checkScreen } from '../../../src/server/grpc/validate/decision.js';
import { checkEvent } from '../../../src/server/grpc/validate/event.js';
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

const readScreen = decoderOf(ScreenRequestSchema);

function violations(check: () => void): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    return error instanceof TollgateError ? error.violations.map(({ field }) => field) : ['another error'];
  }
}

describe('an attribute named __proto__', () => {
  test('is refused by name', () => {
    expect(violations(() => checkScreen(readScreen(screenWith('__proto__'))))).toEqual([
      'payment.attributes',
    ]);
  });

  test.each(['constructor', 'prototype', 'to_string', '__proto__x'])(
    'is not one with the name %s, which is kept as any other',
    (name) => {
      const request = readScreen(screenWith(name));
      expect(violations(() => checkScreen(request))).toEqual([]);
      expect(Object.entries(request.payment?.attributes ?? {})).toContainEqual([name, 'x']);
    },
  );

  test('fails its own event of a batch and no other', () => {
    const fine = toBinary(EventSchema, sampleEvent({ eventId: 'fine' }));
    const number = EventSchema.fields.find(({ name }) => name === 'payment')?.number ?? 0;
    const bad = Buffer.concat([fine, inside(number, paymentWith('__proto__'))]);
    const events = decodeEvents(Buffer.concat([inside(1, fine), inside(1, bad), inside(1, fine)]));
    const found = events.map((one) =>
      one.kind === 'event' ? violations(() => checkEvent(one.message)) : [],
    );
    expect([found[0], found[2]]).toEqual([[], []]);
    expect(found[1]).toContain('payment.attributes');
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

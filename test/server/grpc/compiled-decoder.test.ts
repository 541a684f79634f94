import type { DescMessage } from '@bufbuild/protobuf';
import { create, equals, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FloatValueSchema, StructSchema } from '@bufbuild/protobuf/wkt';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DecisionSchema,
  ListDecisionsRequestSchema,
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { ExportEntriesResponseSchema } from '../../../src/gen/tollgate/v1/list_service_pb.js';
import { DeviceSchema, InstrumentSchema, PaymentSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { compileDecoder } from '../../../src/server/grpc/compiled-decoder.js';
import { NotCompiled } from '../../../src/server/grpc/compiled-encoder.js';
import { anyMessage } from '../support/any-message.js';

const SCHEMAS: readonly DescMessage[] = [
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
  EventSchema,
  DecisionSchema,
  // A packed list of enums.
  ListDecisionsRequestSchema,
  ExportEntriesResponseSchema,
];

describe('a compiled decoder reads what the generated codec reads', () => {
  test.each(SCHEMAS.flatMap((schema) => [true, false].map((codegen) => ({ schema, codegen }))))(
    '$schema.typeName, generated code: $codegen',
    ({ schema, codegen }) => {
      const decode = compileDecoder(schema, { codegen });
      fc.assert(
        fc.property(anyMessage(schema), (message) => {
          const bytes = toBinary(schema, message);
          const expected = fromBinary(schema, bytes);
          const decoded = decode(bytes);
          expect(decoded).toEqual(expected);
          // Of what holds NaN it says that two readings of the same bytes differ.
          const again = fromBinary(schema, bytes);
          expect(equals(schema, decoded, expected)).toBe(equals(schema, again, expected));
        }),
        { numRuns: 150 },
      );
    },
  );

  test.each(SCHEMAS)(
    '$typeName, twice the same bytes: lists grow, parts merge, the rest is replaced',
    (schema) => {
      const decode = compileDecoder(schema);
      fc.assert(
        fc.property(anyMessage(schema), anyMessage(schema), (one, other) => {
          const bytes = Buffer.concat([toBinary(schema, one), toBinary(schema, other)]);
          expect(decode(bytes)).toEqual(fromBinary(schema, bytes));
        }),
        { numRuns: 100 },
      );
    },
  );

  test.each(SCHEMAS)('$typeName, cut short: both read it, the same, or both refuse it', (schema) => {
    const decode = compileDecoder(schema);
    fc.assert(
      fc.property(anyMessage(schema), fc.nat(), (message, cut) => {
        const whole = toBinary(schema, message);
        const bytes = whole.subarray(0, whole.length === 0 ? 0 : cut % whole.length);
        expect(outcomeOf(() => decode(bytes))).toEqual(outcomeOf(() => fromBinary(schema, bytes)));
      }),
      { numRuns: 200 },
    );
  });

  test.each(SCHEMAS)('$typeName, damaged: read or refused, nothing else', (schema) => {
    const decode = compileDecoder(schema);
    const byte = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(anyMessage(schema), fc.array(byte, { minLength: 1, maxLength: 5 }), (message, changes) => {
        const bytes = toBinary(schema, message);
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        outcomeOf(() => decode(bytes));
      }),
      { numRuns: 200 },
    );
  });

  test('one message after the other: none keeps a part of another', () => {
    const decode = compileDecoder(PaymentSchema);
    const full = toBinary(
      PaymentSchema,
      create(PaymentSchema, { site: 'es', items: [{ sku: 'a' }], attributes: { a: 'b' } }),
    );
    const first = decode(full);
    const empty = decode(new Uint8Array(0));
    expect(empty).toEqual(create(PaymentSchema));
    expect(first.items).toHaveLength(1);
    expect(decode(full)).toEqual(first);
  });
});

/** What was read, or 'refused'. Anything but what a decoder may throw goes through. */
function outcomeOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) return 'refused';
    throw error;
  }
}

test('an unknown field of any kind is passed over', () => {
  const bytes = new BinaryWriter()
    .tag(99, WireType.Varint)
    .uint64('18446744073709551615')
    .tag(98, WireType.Bit64)
    .fixed64('1')
    .tag(97, WireType.LengthDelimited)
    .string('x')
    .tag(96, WireType.StartGroup)
    .tag(1, WireType.Varint)
    .uint32(5)
    .tag(96, WireType.EndGroup)
    .tag(95, WireType.Bit32)
    .fixed32(1)
    .tag(1, WireType.LengthDelimited)
    .string('device')
    .finish();
  expect(compileDecoder(DeviceSchema)(bytes)).toEqual(create(DeviceSchema, { id: 'device' }));
});

test('a known field of another wire type is passed over', () => {
  const bytes = new BinaryWriter().tag(1, WireType.Varint).uint32(7).finish();
  expect(compileDecoder(DeviceSchema)(bytes)).toEqual(create(DeviceSchema));
});

test.each([
  ['a part that ends beyond its whole', [0x0a, 0x02, 0x0a, 0x05, 0x41]],
  ['a text that is not UTF-8', [0x0a, 0x02, 0x0a, 0x00].toSpliced(0, 4, 0x12, 0x04, 0x0a, 0x02, 0xc3, 0x28)],
  ['a varint without an end', [0x30, ...Array.from({ length: 11 }, () => 0xff)]],
  ['a field number 0', [0x02, 0x00]],
  ['a group that does not end', [0x7b, 0x08]],
  ['a group that ends but did not begin', [0x7c]],
  ['groups within groups within groups', Array.from({ length: 5_000 }, () => 0x7b)],
])('%s is refused', (_, bytes) => {
  const schema =
    bytes[0] === 0x12 ? ScreenRequestSchema : bytes[0] === 0x0a ? InstrumentSchema : PaymentSchema;
  expect(() => compileDecoder(schema)(Uint8Array.from(bytes))).toThrow();
});

test('any text can be the name of an attribute, and none reaches a prototype', () => {
  const entry = (key: string): Uint8Array =>
    new BinaryWriter()
      .tag(1, WireType.LengthDelimited)
      .string(key)
      .tag(2, WireType.LengthDelimited)
      .string('v')
      .finish();
  const writer = new BinaryWriter();
  for (const key of ['__proto__', 'constructor', 'a'])
    writer.tag(16, WireType.LengthDelimited).bytes(entry(key));
  const { attributes } = compileDecoder(PaymentSchema)(writer.finish());
  expect(Object.keys(attributes)).toEqual(['__proto__', 'constructor', 'a']);
  expect(({} as Record<string, unknown>)['v']).toBeUndefined();
});

test('what is not compiled says so', () => {
  expect(() => compileDecoder(FloatValueSchema)).toThrow(NotCompiled);
  expect(() => compileDecoder(StructSchema)).toThrow(NotCompiled);
});

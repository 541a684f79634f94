import type { DescField, DescMessage, Message, MessageShape } from '@bufbuild/protobuf';
import { ScalarType, create, toBinary } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { FloatValueSchema } from '@bufbuild/protobuf/wkt';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DecisionSchema,
  ExplainDecisionResponseSchema,
  GetDecisionResponseSchema,
  ListDecisionsRequestSchema,
  ListDecisionsResponseSchema,
  ScreenResponseSchema,
  ScreenStreamResponseSchema,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  RecordEventsRequestSchema,
  RecordEventsResponseSchema,
} from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { ExportEntriesResponseSchema } from '../../../src/gen/tollgate/v1/list_service_pb.js';
import { DeviceSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { NotCompiled, compileEncoder } from '../../../src/server/grpc/compiled-encoder.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 300 }),
  fc.constant('x'.repeat(20_000)),
);

function scalar(type: ScalarType): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return text;
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 300 });
    case ScalarType.BOOL:
      return fc.boolean();
    case ScalarType.INT64:
      return fc.oneof(
        fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
        fc.bigInt(-300n, 300n),
        fc.constant(2n ** 53n),
      );
    default:
      return fc.oneof(fc.integer(), fc.integer({ min: -300, max: 300 }));
  }
}

function single(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return anyMessage(field.message, depth - 1);
  return scalar(field.enum === undefined ? (field.scalar as ScalarType) : ScalarType.INT32);
}

/** Any message of a type, as the generated code would have it. */
function anyMessage<D extends DescMessage>(schema: D, depth = 4): fc.Arbitrary<MessageShape<D>> {
  const fields = schema.fields.filter((field) => depth > 0 || field.message === undefined);
  const values = fields.map((field) => {
    const one = single(field, depth);
    return fc.option(field.fieldKind === 'list' ? fc.array(one, { maxLength: 3 }) : one, { nil: undefined });
  });
  return fc.tuple(...values).map((chosen) => {
    const message = reflect(schema, create(schema));
    for (const [index, field] of fields.entries()) {
      const value = chosen[index];
      if (value === undefined) continue;
      if (field.fieldKind === 'list') {
        const list = message.get(field);
        for (const item of value as unknown[]) {
          list.add((field.message === undefined ? item : reflect(field.message, item as Message)) as never);
        }
      } else {
        message.set(
          field,
          (field.message === undefined ? value : reflect(field.message, value as Message)) as never,
        );
      }
    }
    return message.message as MessageShape<D>;
  });
}

describe('a compiled encoder writes what the generated codec writes', () => {
  test.each<DescMessage>([
    ScreenResponseSchema,
    ScreenStreamResponseSchema,
    RecordEventsResponseSchema,
    ListDecisionsResponseSchema,
    // Recursive.
    ExplainDecisionResponseSchema,
    // A packed list of enums.
    ListDecisionsRequestSchema,
    // An optional scalar.
    DeviceSchema,
    ExportEntriesResponseSchema,
  ])('$typeName', (schema) => {
    const encode = compileEncoder(schema);
    fc.assert(
      fc.property(anyMessage(schema), (message) => {
        expect(encode(message).equals(toBinary(schema, message))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('each answer stands on its own', () => {
    const encode = compileEncoder(DecisionSchema);
    const first = encode(create(DecisionSchema, { id: 'first' }));
    const before = Buffer.from(first);
    encode(create(DecisionSchema, { id: 'secnd' }));
    expect(first.equals(before)).toBe(true);
  });
});

test('after a value of the wrong type the next answer is whole', () => {
  const encode = compileEncoder(DecisionSchema);
  const right = create(DecisionSchema, { id: 'd', reasons: ['a'], hits: [{ rule: 'r' }] });
  for (const wrong of [
    { id: 5 },
    { id: undefined },
    { sequence: 1 },
    { sequence: 2n ** 63n },
    { log: 1.5 },
    { log: 2 ** 31 },
    { reasons: 'a' },
    { reasons: [1] },
    { hits: [undefined] },
    { binding: 'x' },
  ]) {
    expect(() => encode({ ...right, ...wrong } as never)).toThrow(TypeError);
    expect(encode(right).equals(toBinary(DecisionSchema, right))).toBe(true);
  }
});

test('what is not compiled says so', () => {
  expect(() => compileEncoder(GetDecisionResponseSchema)).toThrow(NotCompiled);
  expect(() => compileEncoder(RecordEventsRequestSchema)).toThrow(NotCompiled);
  expect(() => compileEncoder(FloatValueSchema)).toThrow(NotCompiled);
});

import type { DescMessage } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
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
import { anyMessage } from '../support/any-message.js';

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

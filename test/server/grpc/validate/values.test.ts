import { expect, test } from 'vitest';
import { EventKind, EventKindSchema } from '../../../../src/gen/tollgate/v1/event_service_pb.js';
import { Problems } from '../../../../src/server/grpc/validate/problems.js';
import { enumValue, type EnumSchema } from '../../../../src/server/grpc/validate/values.js';

function problemsOf(value: number, schema: EnumSchema, required = true): string[] {
  const problems = new Problems();
  enumValue(problems, '', 'kind', value, schema, required);
  return problems.list.map(({ field, description }) => `${field}: ${description}`);
}

test('every value that the API declares passes, and no other', () => {
  const declared = Object.values(EventKind).filter((value): value is EventKind => typeof value === 'number');
  expect(declared.flatMap((value) => problemsOf(value, EventKindSchema))).toEqual(['kind: is required']);
  expect(problemsOf(0, EventKindSchema, false)).toEqual([]);
  expect(problemsOf(Math.max(...declared) + 1, EventKindSchema)).toEqual(['kind: unknown value 18']);
  expect(problemsOf(-1, EventKindSchema)).toEqual(['kind: unknown value -1']);
});

test('a number in a gap of the declared ones is unknown', () => {
  const [one] = EventKindSchema.values;
  const schema = { value: { 1: one, 3: one } } as EnumSchema;
  expect([1, 2, 3].flatMap((value) => problemsOf(value, schema))).toEqual(['kind: unknown value 2']);
});

import type { DescField, DescMessage, Message, MessageShape } from '@bufbuild/protobuf';
import { ScalarType, create } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import * as fc from 'fast-check';

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
    case ScalarType.DOUBLE:
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, 0.05));
    default:
      return fc.oneof(fc.integer(), fc.integer({ min: -300, max: 300 }));
  }
}

function single(field: DescField, depth: number): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return anyMessage(field.message, depth - 1);
  return scalar(field.enum === undefined ? (field.scalar as ScalarType) : ScalarType.INT32);
}

/** Any message of a type, as the generated code would have it. */
export function anyMessage<D extends DescMessage>(schema: D, depth = 4): fc.Arbitrary<MessageShape<D>> {
  const fields = schema.fields.filter((field) => depth > 0 || field.message === undefined);
  const values = fields.map((field) => {
    if (field.fieldKind === 'map')
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), text, { maxKeys: 3 });
    const one = single(field, depth);
    return fc.option(field.fieldKind === 'list' ? fc.array(one, { maxLength: 3 }) : one, { nil: undefined });
  });
  return fc.tuple(...values).map((chosen) => {
    const message = reflect(schema, create(schema));
    for (const [index, field] of fields.entries()) {
      const value = chosen[index];
      if (value === undefined) continue;
      if (field.fieldKind === 'map') {
        const map = message.get(field);
        for (const [key, text] of Object.entries(value as Record<string, string>)) map.set(key, text);
      } else if (field.fieldKind === 'list') {
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

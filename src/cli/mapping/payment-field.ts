import { create, ScalarType, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { PaymentSchema, type Payment } from '../../gen/tollgate/v1/payment_pb.js';
import { isoMoment } from './iso-moment.js';

/** Puts a text into a field of a payment; answers what is wrong with the text, if anything. */
export type FieldSetter = (payment: Payment, text: string) => string | undefined;

type Loose = Record<string, unknown>;
type Convert = (text: string) => { readonly value: unknown } | { readonly problem: string };

const WHOLE = /^-?\d{1,15}$/;

function enumConvert(field: DescField): Convert {
  const type = field.enum;
  const byName = new Map<string, number>();
  const short: string[] = [];
  for (const value of type?.values ?? []) {
    const name = value.name.slice((type?.sharedPrefix ?? '').length).toLowerCase();
    byName.set(value.name.toLowerCase(), value.number).set(name, value.number);
    if (value.number !== 0) short.push(name);
  }
  return (text) => {
    const value = byName.get(text.toLowerCase());
    return value === undefined ? { problem: `'${text}' is none of ${short.join(', ')}` } : { value };
  };
}

function scalarConvert(type: ScalarType): Convert {
  switch (type) {
    case ScalarType.STRING:
      return (value) => ({ value });
    case ScalarType.BOOL:
      return (text) => {
        if (/^(true|yes|y|1)$/i.test(text)) return { value: true };
        if (/^(false|no|n|0)$/i.test(text)) return { value: false };
        return { problem: `'${text}' is neither true nor false` };
      };
    case ScalarType.INT64:
      return (text) =>
        WHOLE.test(text) ? { value: BigInt(text) } : { problem: `'${text}' is not a whole number` };
    default:
      return (text) =>
        WHOLE.test(text) ? { value: Number(text) } : { problem: `'${text}' is not a whole number` };
  }
}

const timestampConvert: Convert = (text) => {
  const ms = isoMoment(text);
  return Number.isNaN(ms)
    ? { problem: `'${text}' is not a date or moment (ISO 8601)` }
    : { value: timestampFromMs(ms) };
};

/** Steps into a message below `parent`, made when it is not there yet. */
function enter(field: DescField, message: DescMessage): (parent: Loose) => Loose {
  const oneof = field.oneof;
  if (oneof === undefined) {
    return (parent) => (parent[field.localName] ??= create(message)) as Loose;
  }
  return (parent) => {
    const present = parent[oneof.localName] as { case: string | undefined; value?: Message };
    if (present.case === field.localName) return present.value as unknown as Loose;
    const value = create(message);
    parent[oneof.localName] = { case: field.localName, value };
    return value as unknown as Loose;
  };
}

function converter(field: DescField): Convert | string {
  if (field.fieldKind === 'scalar') return scalarConvert(field.scalar);
  if (field.fieldKind === 'enum') return enumConvert(field);
  if (field.fieldKind === 'message' && field.message.typeName === 'google.protobuf.Timestamp')
    return timestampConvert;
  return field.fieldKind === 'list'
    ? 'a list cannot be filled from columns'
    : 'it is not a single value: name a field inside it';
}

/**
 * The setter for a dot path of tollgate.v1.Payment in JSON names, for example `instrument.card.bin` or
 * `attributes.channel`; a text instead says why there is none.
 */
export function paymentField(path: string): FieldSetter | string {
  let message: DescMessage = PaymentSchema;
  const steps: ((parent: Loose) => Loose)[] = [];
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const field = message.fields.find((candidate) => candidate.jsonName === name);
    if (field === undefined) {
      return `${message.name} has no field '${name}'; there are ${message.fields.map((one) => one.jsonName).join(', ')}`;
    }
    const last = index === names.length - 1;
    if (field.fieldKind === 'map' && !last) {
      const key = names.slice(index + 1).join('.');
      return key === '__proto__' ? `a name in '${name}' must not be __proto__` : mapSetter(steps, field, key);
    }
    if (last) {
      const convert = converter(field);
      return typeof convert === 'string' ? convert : valueSetter(steps, field, convert);
    }
    if (field.fieldKind !== 'message') return `'${name}' has no fields inside`;
    steps.push(enter(field, field.message));
    message = field.message;
  }
  return 'the path is empty';
}

function target(payment: Payment, steps: readonly ((parent: Loose) => Loose)[]): Loose {
  let at = payment as unknown as Loose;
  for (const step of steps) at = step(at);
  return at;
}

function mapSetter(steps: readonly ((parent: Loose) => Loose)[], field: DescField, key: string): FieldSetter {
  return (payment, text) => {
    (target(payment, steps)[field.localName] as Record<string, string>)[key] = text;
    return undefined;
  };
}

function valueSetter(
  steps: readonly ((parent: Loose) => Loose)[],
  field: DescField,
  convert: Convert,
): FieldSetter {
  return (payment, text) => {
    const converted = convert(text);
    if ('problem' in converted) return converted.problem;
    target(payment, steps)[field.localName] = converted.value;
    return undefined;
  };
}

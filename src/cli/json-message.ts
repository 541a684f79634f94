import {
  fromJson,
  type DescField,
  type DescMessage,
  type JsonValue,
  type MessageShape,
} from '@bufbuild/protobuf';
import { messageOf } from '../errors/error-text.js';

/** A message read from JSON, or everything that is wrong with it, each as `path: what`. */
export type ParsedMessage<D extends DescMessage> =
  { readonly message: MessageShape<D> } | { readonly problems: readonly string[] };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reason(error: unknown): string {
  const text = messageOf(error);
  // "cannot decode field tollgate.v1.Money.minor from JSON: …": the path says which field.
  return text.replace(/^cannot decode (field|message|enum) \S+ from JSON: /, '');
}

function elements(field: DescField, value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (field.fieldKind === 'list' && Array.isArray(value)) {
    return value.map((element, index) => [`${path}[${index}]`, element] as const);
  }
  if (field.fieldKind === 'map' && isObject(value)) {
    return Object.entries(value).map(([key, element]) => [`${path}.${key}`, element] as const);
  }
  return [[path, value]];
}

function fieldProblems(
  desc: DescMessage,
  key: string,
  field: DescField,
  value: unknown,
  path: string,
): string[] {
  const message = field.fieldKind === 'scalar' || field.fieldKind === 'enum' ? undefined : field.message;
  if (message !== undefined && !message.typeName.startsWith('google.protobuf.')) {
    const inside = elements(field, value, path).flatMap(([where, element]) =>
      problems(message, element, where),
    );
    if (inside.length > 0) return inside;
  }
  try {
    fromJson(desc, { [key]: value as JsonValue });
    return [];
  } catch (error) {
    return [`${path}: ${reason(error)}`];
  }
}

function problems(desc: DescMessage, json: unknown, path: string): string[] {
  if (!isObject(json)) return [`${path === '' ? 'the document' : path}: must be a JSON object`];
  return Object.entries(json).flatMap(([key, value]) => {
    const where = path === '' ? key : `${path}.${key}`;
    const field = desc.fields.find((candidate) => candidate.jsonName === key || candidate.name === key);
    if (field === undefined) {
      const known = desc.fields.map((candidate) => candidate.jsonName).join(', ');
      return [`${where}: there is no such field; ${desc.name} has ${known}`];
    }
    return fieldProblems(desc, key, field, value, where);
  });
}

/** Where a key is `__proto__`: put into a map it would be dropped without a word. */
function forbiddenKeys(json: unknown, path: string): string[] {
  if (Array.isArray(json))
    return json.flatMap((element, index) => forbiddenKeys(element, `${path}[${index}]`));
  if (!isObject(json)) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    const where = path === '' ? key : `${path}.${key}`;
    return key === '__proto__' ? [`${where}: a name must not be __proto__`] : forbiddenKeys(value, where);
  });
}

/** Reads a message from JSON in the protobuf JSON mapping. */
export function parseMessage<D extends DescMessage>(desc: D, json: unknown): ParsedMessage<D> {
  const forbidden = forbiddenKeys(json, '');
  if (forbidden.length > 0) return { problems: forbidden };
  try {
    return { message: fromJson(desc, json as JsonValue) };
  } catch (error) {
    const found = problems(desc, json, '');
    return { problems: found.length > 0 ? found : [reason(error)] };
  }
}

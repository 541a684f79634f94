import { isPlainObject } from '../../rules/document/json-limits.js';
import type { Template } from './template.js';

/** Reads the keys of a JSON object and notes what is wrong, each problem as `key.path: what`. */
export interface KeyReader {
  /** Notes a problem with a key. */
  problem(key: string, what: string): void;
  keys(): readonly string[];
  string(key: string): string | undefined;
  optionalString(key: string): string | undefined;
  optionalNumber(key: string, least?: number, most?: number): number | undefined;
  optionalBoolean(key: string): boolean | undefined;
  /** A text, number or boolean, or a list of them, as texts. */
  optionalStrings(key: string): readonly string[] | undefined;
  optionalArray(key: string): readonly unknown[];
  oneOf<T extends string>(key: string, choices: readonly T[], fallback: T): T;
  object(key: string): KeyReader | undefined;
  optional(key: string): KeyReader | undefined;
  stringOrObject(key: string): string | KeyReader | undefined;
  /** Names and texts of an object that maps texts to texts. */
  entries(): readonly (readonly [string, string])[];
  template(key: string, source: string): Template | undefined;
  /** Notes every key that was not asked for. */
  done(): void;
}

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** The reader of a JSON object at `path`; undefined, with a problem noted, when it is none. */
export function keyReader(
  json: unknown,
  path: string,
  problems: string[],
  parse: (source: string) => Template | undefined,
): KeyReader | undefined {
  if (!isPlainObject(json)) {
    problems.push(`${path === '' ? 'the map' : path}: must be an object`);
    return undefined;
  }
  const asked = new Set<string>();
  const where = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const problem = (key: string, what: string): void => void problems.push(`${where(key)}: ${what}`);
  const take = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(json, key) ? json[key] : undefined;
  };
  const typed = (key: string, type: 'string' | 'number' | 'boolean'): unknown => {
    const value = take(key);
    if (value === undefined) return undefined;
    if (typeof value === type) return value;
    problem(key, `must be a ${type === 'string' ? 'text' : type}`);
    return undefined;
  };
  const reader: KeyReader = {
    problem,
    keys: () => Object.keys(json),
    string(key) {
      const value = typed(key, 'string') as string | undefined;
      if (!Object.hasOwn(json, key)) problem(key, 'missing');
      else if (value === '') problem(key, 'must not be empty');
      return value;
    },
    optionalString: (key) => typed(key, 'string') as string | undefined,
    optionalBoolean: (key) => typed(key, 'boolean') as boolean | undefined,
    optionalNumber(key, least = -Infinity, most = Infinity) {
      const value = typed(key, 'number') as number | undefined;
      if (value !== undefined && (value < least || value > most)) problem(key, `must be ${least} to ${most}`);
      return value;
    },
    optionalStrings(key) {
      const value = take(key);
      if (value === undefined) return undefined;
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (list.every(isScalar)) return list.map(String);
      problem(key, 'must be a text or a list of texts');
      return undefined;
    },
    optionalArray(key) {
      const value = take(key);
      if (value === undefined || Array.isArray(value)) return (value as readonly unknown[] | undefined) ?? [];
      problem(key, 'must be a list');
      return [];
    },
    oneOf(key, choices, fallback) {
      const value = take(key);
      if (value === undefined) return fallback;
      const found = choices.find((choice) => choice === value);
      if (found === undefined) problem(key, `must be one of ${choices.join(', ')}`);
      return found ?? fallback;
    },
    object(key) {
      if (Object.hasOwn(json, key)) return reader.optional(key);
      asked.add(key);
      problem(key, 'missing');
      return undefined;
    },
    optional(key) {
      const value = take(key);
      return value === undefined ? undefined : keyReader(value, where(key), problems, parse);
    },
    stringOrObject(key) {
      const value = take(key);
      return typeof value === 'string' ? value : keyReader(value, where(key), problems, parse);
    },
    entries: () =>
      Object.entries(json).flatMap(([key, value]) => {
        if (isScalar(value)) return [[key, String(value)] as const];
        problem(key, 'must be a text');
        return [];
      }),
    template(key, source) {
      const template = parse(source);
      if (template === undefined)
        problem(key, `'${source}' is no template: columns stand in braces, like {terminal}`);
      return template;
    },
    done() {
      for (const key of Object.keys(json)) {
        if (!asked.has(key)) problem(key, `no such key; there are ${[...asked].join(', ')}`);
      }
    },
  };
  return reader;
}

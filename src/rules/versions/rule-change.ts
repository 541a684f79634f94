import { quoted } from '../check/findings.js';
import { canonicalJson } from '../document/canonical.js';
import type { Json } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import type { Place } from './place.js';
import { listText } from './words.js';

/** One difference between two versions of a rule set, in terms of rules. */
export interface RuleChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** Name of the rule, limit or named condition; empty: the set as a whole. */
  readonly rule: string;
  /** JSON Pointer: into the newer document, for what was removed into the older. */
  readonly path: string;
  /** Undefined: there was nothing. */
  readonly from: Json | undefined;
  readonly to: Json | undefined;
  /** For people: `velocity count of payments by card in 10m, at least: 5 -> 8`. */
  readonly text: string;
}

/** What became of a value as a whole; nothing where it is the same. */
export function value(
  changes: RuleChange[],
  rule: string,
  place: Place,
  label: string,
  from: Json | undefined,
  to: Json | undefined,
): void {
  if (same(from, to)) return;
  if (from === undefined) push(changes, 'added', rule, place, from, to, `${label} added: ${quoted(to)}`);
  else if (to === undefined)
    push(changes, 'removed', rule, place, from, to, `${label} removed: ${quoted(from)}`);
  else if (Array.isArray(from) && Array.isArray(to)) {
    push(changes, 'changed', rule, place, from, to, `${label}: ${listText(from, to)}`);
  } else push(changes, 'changed', rule, place, from, to, `${label}: ${quoted(from)} -> ${quoted(to)}`);
}

export function push(
  changes: RuleChange[],
  change: RuleChange['change'],
  rule: string,
  place: Place,
  from: Json | undefined,
  to: Json | undefined,
  text: string,
): void {
  const path = change === 'removed' ? place.older : place.newer;
  changes.push({ change, rule, path, from, to, text });
}

export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

export function own(value: Json, key: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, key) ? (value[key] as Json) : undefined;
}

export function json(value: unknown): Json {
  return value as Json;
}

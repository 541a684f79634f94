import { canonicalJson } from '../document/canonical.js';
import type {
  Condition,
  CumulativeLimit,
  FactReference,
  Json,
  Rule,
  RuleSetDocument,
  TestCondition,
  Threshold,
} from '../document/document.js';
import { pointer, quoted } from '../check/findings.js';
import { isPlainObject } from '../document/json-limits.js';
import { below, both, type Place } from './place.js';
import {
  conditionText,
  groupWords,
  limitText,
  listText,
  operatorWords,
  readWords,
  ruleText,
  thresholdText,
} from './words.js';

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

/**
 * What changed from one document to the other. Rules and limits are matched by name, tests by the fact that they ask.
 * That rules or limits that stay stand in another order is one change: only the order of reasons follows it. The order
 * within a condition means nothing, and is none.
 */
export function diffRuleSets(from: RuleSetDocument, to: RuleSetDocument): readonly RuleChange[] {
  const changes: RuleChange[] = [];
  for (const name of ['$schema', 'id', 'kind', 'description', 'owner'] as const) {
    value(changes, '', both(`/${name}`), name, from[name], to[name]);
  }
  fields(changes, '', both('/policy'), 'policy', json(from.policy ?? {}), json(to.policy ?? {}));
  thresholds(changes, from, to);
  members(changes, conditionTold, named(from), named(to), (newer, older) => {
    const [before, after] = [older.item as Condition, newer.item as Condition];
    conditions(changes, older.name, { older: older.path, newer: newer.path }, before, after);
  });
  members(changes, ruleTold, byName(from.rules, '/rules'), byName(to.rules, '/rules'), (newer, older) =>
    owners(changes, newer, older, 'conditions'),
  );
  order(changes, 'rules', from.rules, to.rules);
  const [before, after] = [from.limits ?? [], to.limits ?? []];
  members(changes, limitTold, byName(before, '/limits'), byName(after, '/limits'), (newer, older) =>
    owners(changes, newer, older, 'when'),
  );
  order(changes, 'limits', before, after);
  return changes;
}

const conditionTold: Told = ['condition', (item) => conditionText(item as Condition)];
const ruleTold: Told = ['rule', (item) => ruleText(item as Rule)];
const limitTold: Told = ['limit', (item) => limitText(item as CumulativeLimit)];
const thresholdTold: Told = ['threshold', (item) => thresholdText(item as Threshold)];

/** What members are called, and what one of them is, for people. */
type Told = readonly [what: string, textOf: (item: unknown) => string];

/** That those which stay stand in another order. */
function order(
  changes: RuleChange[],
  what: 'rules' | 'limits',
  from: readonly { readonly name: string }[],
  to: readonly { readonly name: string }[],
): void {
  const among = (all: readonly { readonly name: string }[], others: typeof all): readonly string[] => {
    const known = new Set(others.map(({ name }) => name));
    return all.map(({ name }) => name).filter((name) => known.has(name));
  };
  if (same(json(among(from, to)), json(among(to, from)))) return;
  const text = `${what}: other order, and so the order of reasons`;
  push(changes, 'changed', '', both(`/${what}`), json(from), json(to), text);
}

interface Member {
  readonly name: string;
  readonly path: string;
  readonly item: unknown;
}

function byName(items: readonly { readonly name: string }[], path: string): readonly Member[] {
  return items.map((item, at) => ({ name: item.name, path: `${path}/${at}`, item }));
}

function named({ conditions: all }: RuleSetDocument): readonly Member[] {
  return Object.entries(all ?? {}).map(([name, item]) => ({
    name,
    path: pointer('/conditions', name),
    item,
  }));
}

function members(
  changes: RuleChange[],
  [what, textOf]: Told,
  from: readonly Member[],
  to: readonly Member[],
  compare: (newer: Member, older: Member) => void,
): void {
  const before = new Map(from.map((member) => [member.name, member]));
  const after = new Set(to.map(({ name }) => name));
  for (const { name, path, item } of from) {
    if (after.has(name)) continue;
    const text = `${what} removed: ${textOf(item)}`;
    push(changes, 'removed', name, both(path), json(item), undefined, text);
  }
  for (const newer of to) {
    const older = before.get(newer.name);
    if (older === undefined) {
      const text = `${what} added: ${textOf(newer.item)}`;
      push(changes, 'added', newer.name, both(newer.path), undefined, json(newer.item), text);
    } else compare(newer, older);
  }
}

/** Rules and limits: their conditions test by test, all else field by field. */
function owners(changes: RuleChange[], newer: Member, older: Member, key: 'conditions' | 'when'): void {
  const { [key]: after, enabled: on, ...rest } = newer.item as { readonly [name: string]: Json };
  const { [key]: before, enabled: wasOn, ...earlier } = older.item as { readonly [name: string]: Json };
  const place: Place = { older: older.path, newer: newer.path };
  switched(changes, newer.name, below(place, 'enabled'), wasOn, on);
  conditions(
    changes,
    newer.name,
    below(place, key),
    before as unknown as Condition,
    after as unknown as Condition,
  );
  fields(changes, newer.name, place, '', earlier, rest);
}

/** Left out it is on. */
function switched(
  changes: RuleChange[],
  rule: string,
  place: Place,
  from: Json | undefined,
  to: Json | undefined,
): void {
  if ((from ?? true) === (to ?? true)) {
    value(changes, rule, place, 'enabled', from, to);
    return;
  }
  const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed';
  push(changes, change, rule, place, from, to, to === false ? 'switched off' : 'switched on');
}

function thresholds(changes: RuleChange[], from: RuleSetDocument, to: RuleSetDocument): void {
  const member =
    (path: string) =>
    (item: NonNullable<RuleSetDocument['thresholds']>[number], at: number): Member => ({
      name: item.reason,
      path: `${path}/${at}`,
      item,
    });
  const before = (from.thresholds ?? []).map(member('/thresholds'));
  const after = (to.thresholds ?? []).map(member('/thresholds'));
  const unique = new Set(before.map(({ name }) => name)).size === before.length;
  if (!unique || new Set(after.map(({ name }) => name)).size !== after.length) {
    value(
      changes,
      '',
      both('/thresholds'),
      'thresholds',
      json(from.thresholds ?? []),
      json(to.thresholds ?? []),
    );
    return;
  }
  const own: RuleChange[] = [];
  members(own, thresholdTold, before, after, (newer, older) => {
    const place: Place = { older: older.path, newer: newer.path };
    fields(own, '', place, `threshold ${newer.name}`, json(older.item), json(newer.item));
  });
  for (const change of own) changes.push({ ...change, rule: '' });
}

/** Compares objects field by field, arrays and plain values as a whole. */
function fields(
  changes: RuleChange[],
  rule: string,
  place: Place,
  label: string,
  from: Json | undefined,
  to: Json | undefined,
): void {
  if (!isPlainObject(from) || !isPlainObject(to)) {
    value(changes, rule, place, label, from, to);
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const inner = label === '' ? key : `${label} ${key}`;
    const [a, b] = [own(from, key), own(to, key)];
    fields(changes, rule, below(place, key), inner, a, b);
  }
}

function value(
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

function conditions(changes: RuleChange[], rule: string, place: Place, from: Condition, to: Condition): void {
  if (same(json(from), json(to))) return;
  const [before, after] = [membersOf(from), membersOf(to)];
  if (kindOf(from) !== kindOf(to)) {
    const whole = before === undefined || after === undefined;
    const [was, is] = whole ? [conditionText(from), conditionText(to)] : [groupWords(from), groupWords(to)];
    push(changes, 'changed', rule, place, json(from), json(to), `condition: ${was} -> ${is}`);
    if (before === undefined || after === undefined) return;
    const inside: Place = {
      older: pointer(place.older, kindOf(from)),
      newer: pointer(place.newer, kindOf(to)),
    };
    children(changes, rule, inside, before, after);
    notes(changes, rule, place, from, to);
  } else if ('all' in from && 'all' in to) {
    children(changes, rule, below(place, 'all'), from.all, to.all);
    notes(changes, rule, place, from, to);
  } else if ('any' in from && 'any' in to) {
    children(changes, rule, below(place, 'any'), from.any, to.any);
    notes(changes, rule, place, from, to);
  } else if ('not' in from && 'not' in to) {
    conditions(changes, rule, below(place, 'not'), from.not, to.not);
    notes(changes, rule, place, from, to);
  } else {
    const [before, after] = [json(from), json(to)];
    const read = 'fact' in to ? readWords(to) : 'condition';
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const [a, b] = [own(before, key), own(after, key)];
      const at = below(place, key);
      if (key === 'params' && isPlainObject(a) && isPlainObject(b)) params(changes, rule, at, read, a, b);
      else if (key === 'operator' && typeof a === 'string' && typeof b === 'string' && a !== b)
        push(changes, 'changed', rule, at, a, b, `${read}: ${operatorWords(a)} -> ${operatorWords(b)}`);
      else value(changes, rule, at, labelOf(key, read, to), a, b);
    }
  }
}

/** Parameter by parameter: `velocity count of payments by card in 1h, window: "10m" -> "1h"`. */
function params(
  changes: RuleChange[],
  rule: string,
  place: Place,
  read: string,
  from: { readonly [name: string]: unknown },
  to: { readonly [name: string]: unknown },
): void {
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
    value(changes, rule, below(place, key), `${read}, ${key}`, own(json(from), key), own(json(to), key));
}

/** What of a test is told: its threshold needs no name. */
function labelOf(key: string, read: string, to: Condition): string {
  if (key !== 'value' || !('operator' in to)) return key === 'condition' ? read : `${read}, ${key}`;
  return `${read}, ${operatorWords(to.operator)}`;
}

/** Name and priority of a group. */
function notes(changes: RuleChange[], rule: string, place: Place, from: Condition, to: Condition): void {
  for (const key of ['name', 'priority'] as const) {
    value(changes, rule, below(place, key), `condition ${key}`, from[key], to[key]);
  }
}

/**
 * Pairs equal children first, then tests of the same fact, then groups of one kind, then tests of a fact of which one
 * parameter is another; the rest came or went.
 */
function children(
  changes: RuleChange[],
  rule: string,
  place: Place,
  from: readonly Condition[],
  to: readonly Condition[],
): void {
  const open = new Map(from.map((condition, at) => [at, condition]));
  const partner = new Map<number, number>();
  const pair = (keyOf: (condition: Condition) => string): void => {
    const places = new Map<string, number[]>();
    for (const [at, condition] of open) {
      const key = keyOf(condition);
      places.set(key, [...(places.get(key) ?? []), at]);
    }
    to.forEach((condition, at) => {
      if (partner.has(at)) return;
      const found = places.get(keyOf(condition))?.shift();
      if (found === undefined) return;
      partner.set(at, found);
      open.delete(found);
    });
  };
  pair((condition) => canonicalJson(condition));
  pair(
    (condition) =>
      `${kindOf(condition)} ${readLabel(condition)} ${'operator' in condition ? condition.operator : ''}`,
  );
  pair((condition) => `${kindOf(condition)} ${readLabel(condition)}`);
  pairNear(open, to, partner);
  for (const [at, condition] of open) {
    const text = `condition removed: ${conditionText(condition)}`;
    push(changes, 'removed', rule, below(place, at), json(condition), undefined, text);
  }
  to.forEach((condition, at) => {
    const earlier = partner.get(at) ?? -1;
    const older = from[earlier];
    const moved: Place = { older: pointer(place.older, earlier), newer: pointer(place.newer, at) };
    if (older !== undefined) conditions(changes, rule, moved, older, condition);
    else {
      const text = `condition added: ${conditionText(condition)}`;
      push(changes, 'added', rule, moved, undefined, json(condition), text);
    }
  });
}

/** Pairs tests of one fact and operator that differ in one parameter, or of which one has one parameter more. */
function pairNear(
  open: Map<number, Condition>,
  to: readonly Condition[],
  partner: Map<number, number>,
): void {
  const places = new Map<string, number[]>();
  for (const [at, condition] of [...open].toReversed()) {
    if (!('fact' in condition)) continue;
    const keys = lessOne(condition).flatMap(([name, rest]) => [`${name} ${rest}`, `more ${rest}`]);
    for (const key of [...keys, `less ${wholeOf(condition)}`])
      places
        .set(key, places.get(key) ?? [])
        .get(key)
        ?.push(at);
  }
  to.forEach((condition, at) => {
    if (partner.has(at) || !('fact' in condition)) return;
    const keys = lessOne(condition).flatMap(([name, rest]) => [`${name} ${rest}`, `less ${rest}`]);
    for (const key of [...keys, `more ${wholeOf(condition)}`]) {
      const found = places.get(key) ?? [];
      while (found.length > 0 && !open.has(found.at(-1) ?? -1)) found.pop();
      const place = found.pop();
      if (place === undefined) continue;
      partner.set(at, place);
      open.delete(place);
      return;
    }
  });
}

/** A test without each of its parameters. */
function lessOne(condition: TestCondition): readonly (readonly [name: string, rest: string])[] {
  const { params = {} } = condition;
  return Object.keys(params).map((name) => {
    const rest = Object.entries(params).filter(([other]) => other !== name);
    return [`of ${name}`, wholeOf({ ...condition, params: Object.fromEntries(rest) })];
  });
}

function wholeOf({ fact, operator, params = {}, path = '' }: TestCondition): string {
  return canonicalJson([fact, operator, path, params]);
}

/** The members of a group. */
function membersOf(condition: Condition): readonly Condition[] | undefined {
  if ('all' in condition) return condition.all;
  return 'any' in condition ? condition.any : undefined;
}

function kindOf(condition: Condition): string {
  return ['all', 'any', 'not', 'condition'].find((kind) => kind in condition) ?? 'test';
}

function readLabel(condition: Condition | FactReference): string {
  if ('condition' in condition) return condition.condition;
  if (!('fact' in condition)) return '';
  const { fact, params, path } = condition;
  return fact + (path?.slice(1) ?? '') + (params === undefined ? '' : ` ${canonicalJson(params)}`);
}

function push(
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

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function own(value: Json, key: string): Json | undefined {
  return isPlainObject(value) && Object.hasOwn(value, key) ? (value[key] as Json) : undefined;
}

function json(value: unknown): Json {
  return value as Json;
}

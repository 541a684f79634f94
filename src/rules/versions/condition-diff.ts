import { pointer } from '../check/findings.js';
import { canonicalJson } from '../document/canonical.js';
import type { Condition, FactReference, TestCondition } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import { below, type Place } from './place.js';
import { json, own, push, same, value, type RuleChange } from './rule-change.js';
import { conditionText, groupWords, operatorWords, readWords } from './words.js';

/** What changed of a condition, test by test. */
export function conditions(
  changes: RuleChange[],
  rule: string,
  place: Place,
  from: Condition,
  to: Condition,
): void {
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

import { pointer } from '../check/findings.js';
import type {
  Condition,
  CumulativeLimit,
  Json,
  Rule,
  RuleSetDocument,
  Threshold,
} from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import { conditions } from './condition-diff.js';
import { usersOf } from './condition-users.js';
import { below, both, type Place } from './place.js';
import { json, own, push, same, value, type RuleChange } from './rule-change.js';
import { conditionText, limitText, ruleText, thresholdText } from './words.js';

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
  changes.push(...namedConditions(from, to));
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

/** Each change says whom it concerns: one of a condition that nobody asks changes no decision. */
function namedConditions(from: RuleSetDocument, to: RuleSetDocument): readonly RuleChange[] {
  const changes: RuleChange[] = [];
  members(changes, conditionTold, named(from), named(to), (newer, older) => {
    const [before, after] = [older.item as Condition, newer.item as Condition];
    conditions(changes, older.name, { older: older.path, newer: newer.path }, before, after);
  });
  const usersText = usersOf(to);
  return changes.map((change) => {
    const users = usersText(change.rule);
    return { ...change, text: `${change.text} (asked by ${users === '' ? 'nobody' : users})` };
  });
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

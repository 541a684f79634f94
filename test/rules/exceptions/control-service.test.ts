import { beforeEach, describe, expect, it } from 'vitest';
import type { TollgateError } from '../../../src/errors/errors.js';
import { encodeToken } from '../../../src/paging/paging.js';
import type { Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import type { ControlEntry, ControlGroup } from '../../../src/rules/exceptions/control-group.js';
import { createControls, type Controls } from '../../../src/rules/exceptions/control-service.js';
import { memoryVersions } from '../memory-versions.js';
import { memoryLog } from './memory-log.js';

const DAY = 86_400_000;
const rule = (name: string, type: Rule['event']['type'], list: string): Rule => ({
  name,
  conditions: { all: [{ fact: 'list', params: { list }, operator: 'equal', value: true }] },
  event: { type, params: { reason: name } },
});
const RULES = [
  rule('burst', 'reject', 'watched'),
  rule('odd', 'block', 'watched'),
  rule('blocked', 'reject', 'blocked'),
  rule('lawful', 'block', 'sanctions'),
  rule('unknown', 'reject', 'nowhere'),
  rule('review', 'review', 'watched'),
  rule('score', 'score', 'watched'),
];

let now = 0;
let log = memoryLog<ControlEntry>();
let told: readonly ControlGroup[] = [];
let controls: Controls;
beforeEach(async () => {
  now = 1000 * DAY;
  log = memoryLog();
  told = [];
  const versions = memoryVersions();
  const document: RuleSetDocument = { id: 'cards', description: 'd', owner: 'o', rules: RULES };
  await versions.store.create(
    { ruleSet: 'cards', version: 1, hash: '', document, author: 'a', comment: '', createdAt: 0 },
    0,
  );
  controls = createControls({
    store: log,
    versions: versions.store,
    isBarred: (list) => list !== 'watched',
    now: () => now,
    changed: (running) => (told = running),
  });
});

const group = (change: Partial<ControlGroup> = {}): Omit<ControlGroup, 'at'> => ({
  ruleSet: 'cards',
  rule: 'burst',
  scope: 'all',
  share: 0.01,
  letGoTo: 'three-ds',
  by: 'card',
  periodMs: 30 * DAY,
  maxCount: 10,
  maxAmount: { minor: 50_000, currency: 'EUR' },
  until: now + 30 * DAY,
  reason: 'to see',
  actor: 'ann',
  ...change,
});
const place = { ruleSet: 'cards', rule: 'burst', scope: 'all' } as const;
const all = { ruleSet: '', rule: '', over: false };
const page = { size: 50, token: '' };
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'none',
    (error: unknown) => (error as TollgateError).code,
  );

describe('control groups', () => {
  it('run from when they are set until they are switched off', async () => {
    expect((await controls.list(all, page)).items).toEqual([]);
    const set = await controls.set(group());
    expect(told).toEqual([set]);
    const end = { actor: 'bob', reason: 'enough' };
    expect(await controls.off(place, end)).toEqual({ ...set, ended: { ...end, at: now } });
    expect(told).toEqual([]);
    expect(await codeOf(controls.off(place, end))).toBe('CONTROL_GROUP_NOT_FOUND');
    await expect(controls.off(place, end)).rejects.toThrow('runs at all sites');
  });

  it('end by themselves, within 92 days', async () => {
    expect(await codeOf(controls.set(group({ until: now })))).toBe('INVALID_REQUEST');
    expect(await codeOf(controls.set(group({ until: now + 92 * DAY + 1 })))).toBe('INVALID_REQUEST');
    await controls.set(group({ until: now + 92 * DAY }));
    now += 92 * DAY;
    await controls.refresh();
    expect(told).toEqual([]);
    expect(await codeOf(controls.off(place, { actor: 'bob', reason: 'r' }))).toBe('CONTROL_GROUP_NOT_FOUND');
  });

  it('take the place of the one before in their scope, and leave others alone', async () => {
    await controls.set(group({ until: now + 90 * DAY }));
    await controls.set(group({ scope: 'site:shop', share: 0.05 }));
    now += 1;
    await controls.set(group({ share: 0.02, until: now + DAY, actor: 'bob', reason: 'less' }));
    expect(told.map(({ scope, share }) => [scope, share])).toEqual([
      ['all', 0.02],
      ['site:shop', 0.05],
    ]);
    const { items } = await controls.list({ ...all, over: true }, page);
    expect(items.map(({ share, ended }) => [share, ended?.reason])).toEqual([
      [0.02, undefined],
      [0.05, undefined],
      [0.01, 'set anew: less'],
    ]);
    // Whoever begins to follow after the last has ended must not take the first for running.
    now += 2 * DAY;
    let late: readonly ControlGroup[] = [];
    const other = createControls({
      store: log,
      versions: memoryVersions().store,
      isBarred: () => false,
      now: () => now,
      changed: (running) => (late = running),
    });
    await other.refresh();
    expect(late.map(({ scope }) => scope)).toEqual(['site:shop']);
  });

  it('are refused for what nothing may let go, for what stops nothing, and for what is not there', async () => {
    for (const name of ['blocked', 'lawful', 'unknown', 'review', 'score'])
      expect(await codeOf(controls.set(group({ rule: name })))).toBe('NOT_EXCEPTABLE');
    expect(await codeOf(controls.set(group({ rule: 'burts' })))).toBe('RULE_NOT_FOUND');
    expect(await codeOf(controls.set(group({ ruleSet: 'card' })))).toBe('RULE_SET_NOT_FOUND');
    expect(await codeOf(controls.set(group({ rule: 'odd' })))).toBe('none');
  });

  it('are listed page by page, newest first, each once', async () => {
    for (let index = 1; index <= 7; index++) await controls.set(group({ scope: `site:s${index}` }));
    await controls.off({ ...place, scope: 'site:s4' }, { actor: 'bob', reason: 'r' });
    const seen: string[] = [];
    let token = '';
    do {
      const { items, next } = await controls.list(all, { size: 2, token });
      seen.push(...items.map(({ scope }) => scope));
      token = next;
    } while (token !== '');
    expect(seen).toEqual(['site:s7', 'site:s6', 'site:s5', 'site:s3', 'site:s2', 'site:s1']);
  });

  it('refuse a page token that they did not give', async () => {
    for (const made of ['-1', '0', '1.5', 'x', '', '1e3'])
      expect(await codeOf(controls.list(all, { size: 2, token: encodeToken(made) }))).toBe('INVALID_REQUEST');
  });
});

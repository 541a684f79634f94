import { beforeEach, describe, expect, it } from 'vitest';
import type { TollgateError } from '../../../src/errors/errors.js';
import { encodeToken } from '../../../src/paging/paging.js';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import { maskedValue, type Snooze, type SnoozeEntry } from '../../../src/rules/exceptions/snooze.js';
import { createSnoozes, type NewSnooze, type Snoozes } from '../../../src/rules/exceptions/snooze-service.js';
import type { StoredVersion } from '../../../src/rules/version-store.js';
import { memoryVersions } from '../memory-versions.js';
import { memoryLog } from './memory-log.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let now = 0;
let ids = 0;
let log = memoryLog<SnoozeEntry>();
let told: readonly Snooze[] = [];
let snoozes: Snoozes;

const list = (id: string) => ({ fact: 'list', params: { list: id }, operator: 'equal', value: true });
function version(number: number, names: Readonly<Record<string, string>>): StoredVersion {
  const rules = Object.entries(names).map(([name, read]) => ({
    name,
    conditions: { all: [list(read)] },
    event: { type: 'reject', params: { reason: name } },
  }));
  const document = { id: 'cards', description: 'd', owner: 'o', rules } as RuleSetDocument;
  return { ruleSet: 'cards', version: number, hash: '', document, author: 'a', comment: '', createdAt: 0 };
}

function instance(changed: (open: readonly Snooze[]) => void = () => undefined): Snoozes {
  return createSnoozes({
    store: log,
    versions: versions.store,
    isEmbargo: (id) => id === 'sanctions',
    hash: (attribute, value) => attribute.length * 1000 + value.length,
    now: () => now,
    newId: () => `s-${++ids}`,
    changed,
  });
}

let versions = memoryVersions();
beforeEach(async () => {
  now = 1000 * DAY;
  ids = 0;
  told = [];
  log = memoryLog();
  versions = memoryVersions();
  await versions.store.create(version(1, { burst: 'watched', lawful: 'watched' }), 0);
  await versions.store.create(version(2, { burst: 'watched', lawful: 'sanctions' }), 1);
  snoozes = instance((open) => (told = open));
});

const input = (change: Partial<NewSnooze> = {}): NewSnooze => ({
  ruleSet: 'cards',
  rule: 'burst',
  scope: 'all',
  payer: undefined,
  from: undefined,
  until: now + HOUR,
  reason: 'a sale',
  actor: 'ann',
  ...change,
});
const all = { ruleSet: '', rule: '', payer: undefined, over: false };
const page = { size: 50, token: '' };
async function codeOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown as TollgateError,
  );
  return error === undefined ? 'none' : `${error.code} ${error.violations[0]?.field ?? ''}`.trim();
}

describe('snoozes', () => {
  it('are in force here when answered, and elsewhere after following', async () => {
    let elsewhere: readonly Snooze[] = [];
    const other = instance((open) => (elsewhere = open));
    const { snooze, heardStill } = await snoozes.create(input());
    expect(heardStill).toEqual([]);
    expect(told).toEqual([snooze]);
    expect(elsewhere).toEqual([]);
    await other.refresh();
    expect(elsewhere).toEqual([snooze]);
    await other.end(snooze.id, { actor: 'bob', reason: 'over' });
    expect(elsewhere).toEqual([]);
    expect(told).toEqual([snooze]);
    await snoozes.refresh();
    expect(told).toEqual([]);
  });

  it('leave memory when their time is over', async () => {
    await snoozes.create(input());
    expect(snoozes.open()).toBe(1);
    now += HOUR;
    expect(snoozes.open()).toBe(0);
    await snoozes.refresh();
    expect(told).toEqual([]);
    const late = instance((open) => (told = open));
    await late.refresh();
    expect(late.open()).toBe(0);
  });

  it('end within 31 days', async () => {
    const from = now + 2 * DAY;
    expect(await codeOf(snoozes.create(input({ until: now + 31 * DAY })))).toBe('none');
    expect(await codeOf(snoozes.create(input({ until: now + 31 * DAY + 1 })))).toBe('INVALID_REQUEST until');
    expect(await codeOf(snoozes.create(input({ from, until: from + 31 * DAY })))).toBe('none');
    expect(await codeOf(snoozes.create(input({ from, until: from })))).toBe('INVALID_REQUEST until');
    expect(await codeOf(snoozes.create(input({ until: now })))).toBe('INVALID_REQUEST until');
    const lasting = (lastsMs: number) => snoozes.create(input({ from, until: { lastsMs } }));
    expect((await lasting(31 * DAY)).snooze).toMatchObject({ from, until: from + 31 * DAY });
    expect(await codeOf(lasting(31 * DAY + 1))).toBe('INVALID_REQUEST lasts');
    const ahead = now + 31 * DAY + 1;
    expect(await codeOf(snoozes.create(input({ from: ahead, until: ahead + 1 })))).toBe(
      'INVALID_REQUEST from',
    );
    const { snooze } = await snoozes.create(input({ from: now - DAY }));
    expect(snooze.from).toBe(now);
  });

  it('are refused for what nothing may lift, and for what is not there', async () => {
    expect(await codeOf(snoozes.create(input({ rule: 'lawful' })))).toBe('NOT_EXCEPTABLE');
    expect(await codeOf(snoozes.create(input({ rule: 'burts' })))).toBe('RULE_NOT_FOUND');
    expect(await codeOf(snoozes.create(input({ ruleSet: 'card' })))).toBe('RULE_SET_NOT_FOUND');
    expect(log.entries).toEqual([]);
  });

  it('are refused by what any version that stands somewhere reads', async () => {
    await versions.store.create(version(3, { burst: 'watched', lawful: 'watched' }), 2);
    expect(await codeOf(snoozes.create(input({ rule: 'lawful' })))).toBe('none');
    const staged = {
      ruleSet: 'cards',
      scope: 'all',
      version: 2,
      stage: 'active',
      since: 1,
      sinceAt: 0,
    } as const;
    const step = { scope: 'all', version: 2, from: 0, to: 2, actor: 'a', reason: '', at: 0 } as const;
    await versions.store.publish({ ruleSet: 'cards', revision: 1, step: 'activate', ...step }, [staged]);
    expect(await codeOf(snoozes.create(input({ rule: 'lawful' })))).toBe('NOT_EXCEPTABLE');
  });

  it('keep a payer as hash and mask, and say what of a set stays', async () => {
    const payer = { attribute: 'email', value: 'jo@example.com' } as const;
    const { snooze, heardStill } = await snoozes.create(input({ rule: '', payer }));
    expect(heardStill).toEqual(['lawful']);
    expect(snooze.payer).toEqual({ attribute: 'email', value: 5014, shown: 'j…@e…' });
    expect(JSON.stringify(log.entries)).not.toContain('example');
    const found = await snoozes.list({ ...all, payer }, page);
    expect(found.items).toEqual([snooze]);
    const other = { attribute: 'email', value: 'joe@example.com' } as const;
    expect((await snoozes.list({ ...all, payer: other }, page)).items).toEqual([]);
  });

  it('end once, and stay readable', async () => {
    const { snooze } = await snoozes.create(input());
    now += 5;
    const end = { actor: 'bob', reason: 'the sale is over' };
    expect(await snoozes.end(snooze.id, end)).toEqual({ ...snooze, ended: { ...end, at: now } });
    expect(await codeOf(snoozes.end(snooze.id, end))).toBe('SNOOZE_OVER');
    expect(await codeOf(snoozes.end('s-9', end))).toBe('SNOOZE_NOT_FOUND');
    const { snooze: second } = await snoozes.create(input({ rule: 'burst' }));
    now += HOUR;
    expect(await codeOf(snoozes.end(second.id, end))).toBe('SNOOZE_OVER');
    expect((await snoozes.list(all, page)).items).toEqual([]);
    const over = await snoozes.list({ ...all, over: true }, page);
    expect(over.items.map(({ id, ended }) => [id, ended?.actor])).toEqual([
      ['s-2', undefined],
      ['s-1', 'bob'],
    ]);
  });

  it('are listed page by page, newest first, each once', async () => {
    for (let index = 0; index < 7; index++) await snoozes.create(input());
    await snoozes.end('s-3', { actor: 'bob', reason: 'over' });
    const seen: string[] = [];
    let token = '';
    do {
      const { items, next } = await snoozes.list(all, { size: 2, token });
      seen.push(...items.map(({ id }) => id));
      token = next;
    } while (token !== '');
    expect(seen).toEqual(['s-7', 's-6', 's-5', 's-4', 's-2', 's-1']);
    expect((await snoozes.list({ ...all, rule: 'lawful' }, page)).items).toEqual([]);
  });

  it('made at once are all kept', async () => {
    const other = instance();
    await Promise.all(
      Array.from({ length: 10 }, (_, index) => (index % 2 ? snoozes : other).create(input())),
    );
    expect(new Set(log.entries.map(({ ref }) => ref)).size).toBe(10);
  });
});

describe('what is shown of a payer', () => {
  it.each([
    ['email', 'jo.doe@example.com', 'j…@e…'],
    ['card', 'fp-0123456789abcdef', '…cdef'],
    ['customer', 'c-42', '…42'],
    ['customer', '42', '…2'],
    ['device', '7', '…'],
    ['ip', '203.0.113.9', '203…'],
    ['ip', '2001:db8::1', '2001…'],
    ['phone', '+34600123456', '…3456'],
  ] as const)('of %s %s: %s', (attribute, value, shown) => {
    expect(maskedValue(attribute, value)).toBe(shown);
  });

  it('refuse a page token that they did not give', async () => {
    for (const made of ['-1', '0', '1.5', 'x', '', '1e3'])
      expect(await codeOf(snoozes.list(all, { size: 2, token: encodeToken(made) }))).toMatch(
        /^INVALID_REQUEST/,
      );
  });
});

import { describe, expect, it } from 'vitest';
import { authenticate } from '../../src/identity/authenticate.js';
import { KeyRing, type Session } from '../../src/identity/key-ring.js';
import { MOST_KEYS, type KeyInput, type Keys } from '../../src/identity/key-service.js';
import { secretHash } from '../../src/identity/key-text.js';
import { encodeToken } from '../../src/paging/paging.js';
import { keysAt, memoryKeyStore, showing } from './memory-keys.js';

const SHOP: KeyInput = {
  name: 'shop',
  roles: ['site'],
  sites: ['es'],
  subject: '',
  expiresAt: undefined,
  by: 'ana',
};

function fixture() {
  const clock = { now: 1_000_000 };
  const store = memoryKeyStore();
  return { clock, store, keys: keysAt(store, clock), others: keysAt(store, clock) };
}

function sessionOf(keys: Keys, key: string | undefined, subject?: string): Session {
  const session = keys.sessionOf(showing(key, subject));
  if (typeof session === 'string') throw new Error(session);
  return session;
}

describe('a key', () => {
  it('stands for its name, roles and sites, here at once and elsewhere after the next look', async () => {
    const { keys, others } = fixture();
    const { key, credential } = await keys.create(SHOP);
    expect(key).toBe(`tollgate_${credential.id}_${key.slice(-43)}`);
    expect(sessionOf(keys, key).identity).toMatchObject({ name: 'shop', kind: 'key', roles: ['site'] });
    expect(sessionOf(keys, key).identity.sites).toEqual(new Set(['es']));
    expect(others.sessionOf(showing(key))).toBe('unknown');
    await others.refresh();
    expect(sessionOf(others, key).identity.keyId).toBe(credential.id);
  });

  it('is kept as a hash: its text stands nowhere', async () => {
    const { keys, store } = fixture();
    const { key } = await keys.create(SHOP);
    expect(JSON.stringify(store.entries)).not.toContain(key.slice(-43));
    expect(JSON.stringify(await keys.list({ size: 9, token: '' }, true))).not.toContain(key.slice(-43));
  });

  it('without sites is for all', async () => {
    const { keys } = fixture();
    const { key } = await keys.create({ ...SHOP, roles: ['viewer'], sites: [] });
    expect(sessionOf(keys, key).identity.sites).toBe('all');
  });

  it('ends when it is revoked, with the streams that are open, everywhere after the next look', async () => {
    const { keys, others } = fixture();
    const { key, credential } = await keys.create(SHOP);
    await others.refresh();
    const sessions = [sessionOf(keys, key), sessionOf(others, key)];
    const revoked = await keys.revoke(credential.id, 'ben', 'lost');
    expect(revoked.revoked).toEqual({ at: 1_000_000, by: 'ben', reason: 'lost' });
    expect(keys.sessionOf(showing(key))).toBe('revoked');
    expect(sessions.map(({ ended }) => ended?.aborted)).toEqual([true, false]);
    await others.refresh();
    expect(others.sessionOf(showing(key))).toBe('revoked');
    expect(sessions[1]?.ended?.reason).toMatchObject({ code: 'NOT_AUTHENTICATED' });
  });

  it('that is revoked again stays as it was', async () => {
    const { keys, store } = fixture();
    const { credential } = await keys.create(SHOP);
    await keys.revoke(credential.id, 'ben', 'lost');
    expect((await keys.revoke(credential.id, 'eve', 'again')).revoked?.by).toBe('ben');
    expect(store.entries).toHaveLength(2);
    await expect(keys.revoke('0000000000000000', 'ben', '')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });

  it('is one of so many at most; those that have ended do not count', async () => {
    const { keys, store } = fixture();
    const { credential } = await keys.create(SHOP);
    for (let no = 2; no <= MOST_KEYS; no++) {
      const id = String(no).padStart(16, '0');
      store.entries.push({ no, at: 1, by: 'ana', action: 'created', credential: { ...credential, id } });
    }
    await expect(keys.create(SHOP)).rejects.toMatchObject({ code: 'TOO_MANY_KEYS' });
    await keys.revoke(credential.id, 'ben', 'unused');
    await keys.create({ ...SHOP, name: 'room' });
  });

  it('ends at its time, and its streams at the next look', async () => {
    const { keys, clock } = fixture();
    const { key } = await keys.create({ ...SHOP, expiresAt: 1_000_500 });
    clock.now = 1_000_499;
    const { ended } = sessionOf(keys, key);
    keys.expire();
    expect(ended?.aborted).toBe(false);
    clock.now = 1_000_500;
    expect(keys.sessionOf(showing(key))).toBe('expired');
    keys.expire();
    expect(ended?.aborted).toBe(true);
    await expect(keys.create({ ...SHOP, expiresAt: 1_000_500 })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'expires_at', description: 'is not in the future' }],
    });
  });

  it('has its last use written down once a minute at most, in the background', async () => {
    const { keys, clock, store } = fixture();
    const { key, credential } = await keys.create(SHOP);
    for (let call = 0; call < 100; call++) sessionOf(keys, key);
    expect(store.written).toEqual([]);
    await keys.writeUses();
    clock.now += 59_999;
    sessionOf(keys, key);
    await keys.writeUses();
    expect(store.written).toEqual([[{ id: credential.id, at: 1_000_000 }]]);
    clock.now += 1;
    sessionOf(keys, key);
    const { items } = await keys.list({ size: 9, token: '' }, false);
    expect(items.map(({ lastUsedAt }) => lastUsedAt)).toEqual([1_060_000]);
  });
});

describe('a list of keys', () => {
  it('comes in pages, those that have ended only where they are asked for', async () => {
    const { keys, clock } = fixture();
    for (const name of ['a', 'b', 'c', 'd']) await keys.create({ ...SHOP, name });
    const expiring = await keys.create({ ...SHOP, name: 'e', expiresAt: clock.now + 1 });
    const [first] = (await keys.list({ size: 1, token: '' }, false)).items;
    await keys.revoke(first?.id ?? '', 'ana', '');
    clock.now += 1;
    const names = async (withEnded: boolean): Promise<string[][]> => {
      const pages: string[][] = [];
      let token = '';
      do {
        const { items, next } = await keys.list({ size: 2, token }, withEnded);
        pages.push(items.map(({ name }) => name));
        token = next;
      } while (token !== '');
      return pages;
    };
    expect(await names(false)).toEqual([['b', 'c'], ['d']]);
    expect(await names(true)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(expiring.credential.name).toBe('e');
  });
});

describe('a certificate', () => {
  const ROBOT: KeyInput = { ...SHOP, name: 'robot', subject: 'DNS:robot.example' };

  it('stands for somebody until it is revoked, and for one at a time', async () => {
    const { keys, others } = fixture();
    const { key, credential } = await keys.create(ROBOT);
    expect(key).toBe('');
    expect(sessionOf(keys, undefined, 'DNS:robot.example').identity.kind).toBe('certificate');
    expect(keys.sessionOf(showing(undefined, 'CN:robot.example'))).toBe('certificate');
    await expect(others.create(ROBOT)).rejects.toMatchObject({ code: 'SUBJECT_TAKEN' });
    await keys.revoke(credential.id, 'ana', '');
    expect(keys.sessionOf(showing(undefined, 'DNS:robot.example'))).toBe('revoked');
    await others.create({ ...ROBOT, name: 'other' });
    await keys.refresh();
    expect(sessionOf(keys, undefined, 'DNS:robot.example').identity.name).toBe('other');
  });

  it('cannot be shown as a key, and does not help beside a wrong one', async () => {
    const { keys } = fixture();
    const { credential } = await keys.create(ROBOT);
    const asKey = `tollgate_${credential.id}_${'A'.repeat(43)}`;
    expect(keys.sessionOf(showing(asKey, 'DNS:robot.example'))).toBe('unknown');
  });
});

it('of instances that make and revoke at once, none loses what another did', async () => {
  const { keys, others, store } = fixture();
  const made = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 ? keys : others).create({ ...SHOP, name: `n${at}` })),
  );
  await Promise.all(
    made.map(({ credential }, at) => (at % 2 ? others : keys).revoke(credential.id, 'x', '')),
  );
  expect(store.entries.map(({ no }) => no)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  expect(new Set(made.map(({ credential }) => credential.id)).size).toBe(20);
});

it('whatever is wrong with a key, as much is hashed and compared as where it is right', () => {
  const ring = new KeyRing();
  const secret = 'A'.repeat(43);
  const credential = {
    ...SHOP,
    id: '0'.repeat(16),
    kind: 'key' as const,
    secretHash: secretHash(secret).toString('base64url'),
  };
  ring.take({ no: 1, at: 0, by: 'ana', action: 'created', credential });
  const right = `tollgate_${credential.id}_${secret}`;
  const keys = {
    right,
    wrong: right.replace(/A$/, 'B'),
    unknown: right.replace('0000_', '0001_'),
    malformed: 'not a key',
  };
  for (const [name, key] of Object.entries(keys)) {
    const steps: (string | number)[] = [];
    const comparing = {
      hash(text: string) {
        steps.push('hash');
        return secretHash(text);
      },
      equal(one: Buffer, other: Buffer) {
        steps.push('equal', one.length, other.length);
        return one.equals(other);
      },
    };
    const result = authenticate(ring, showing(key), 1, comparing);
    expect([name, steps]).toEqual([name, ['hash', 'equal', 32, 32]]);
    expect(result).toBe(name === 'right' ? ring.find(credential.id) : name);
  }
});

it('keys are listed from no page token that was not given', async () => {
  const { keys } = fixture();
  for (const made of ['-1', '0', '1.5', 'x', '', '1e3'])
    await expect(keys.list({ size: 2, token: encodeToken(made) }, true)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
});

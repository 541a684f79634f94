import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../../src/world/world.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';
import { clientsWith, makeKeys, startAsking, type Clients } from './callers.js';
import { failure, NOON, onMongo, payment, sqlitePlace, until, type Instance, type Place } from './harness.js';

/** A stream of payments that stays open: it sends one when told to, and counts what is answered. */
function openStream({ decisions }: Clients) {
  const waiting: (() => void)[] = [];
  let due = 0;
  let sent = 0;
  let answered = 0;
  async function* entries() {
    for (;;) {
      while (due === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      due -= 1;
      const value = { requestId: `s-${++sent}`, payment: payment({ site: 'es', at: NOON }) };
      yield { entries: [{ entry: { case: 'screen' as const, value } }] };
    }
  }
  const ended = (async (): Promise<string> => {
    try {
      for await (const { results } of decisions.screenStream(entries())) answered += results.length;
      return 'none';
    } catch (error) {
      return String((error as { readonly code?: string }).code);
    }
  })();
  return {
    ended,
    answered: () => answered,
    send(): void {
      due += 1;
      waiting.splice(0).forEach((wake) => wake());
    },
  };
}

const CALLERS = { es: { roles: ['site'], sites: ['es'] }, boss: { roles: ['operator'] } } as const;

onMongo('a key that is revoked', (createPlace) => {
  let place: Place;
  let instances: readonly Instance[];
  let keys: Readonly<Record<keyof typeof CALLERS, string>>;
  let opened: Clients[];
  const as = (instance: number, key: string): Clients => {
    const clients = clientsWith(instances[instance] as Instance, key);
    opened.push(clients);
    return clients;
  };
  beforeEach(async () => {
    opened = [];
    place = createPlace();
    keys = await makeKeys(place, CALLERS);
    instances = [await startAsking(place), await startAsking(place)];
  });
  afterEach(async () => {
    for (const { channel } of opened) channel.close();
    await place.remove();
  });

  it('is out of force on every instance within two seconds, and ends the streams that are open', async () => {
    const [one, other, boss] = [as(0, keys.es), as(1, keys.es), as(0, keys.boss)];
    const streams = [openStream(one), openStream(other)];
    for (const stream of streams) stream.send();
    await until(() => streams.every((stream) => stream.answered() === 1));
    const { keyId: id } = await one.keys.whoAmI({});
    await boss.keys.revokeKey({ id, reason: 'lost' });
    expect(await failure(one.keys.whoAmI({}))).toBe('NOT_AUTHENTICATED');
    await until(async () => (await failure(other.keys.whoAmI({}))) === 'NOT_AUTHENTICATED', 2_000);
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual([
      'NOT_AUTHENTICATED',
      'NOT_AUTHENTICATED',
    ]);
    const { keys: all } = await as(1, keys.boss).keys.listKeys({ withEnded: true });
    expect(all.find((key) => key.id === id)).toMatchObject({ revokedBy: 'boss', revokeReason: 'lost' });
  });

  it('and one that is made on one instance is in force on the other', async () => {
    const { secret } = await as(0, keys.boss).keys.createKey({ name: 'new', roles: [4] });
    const other = as(1, secret);
    await until(async () => (await failure(other.keys.whoAmI({}))) === 'none', 2_000);
  });
});

/** The machine's own time, `ahead` ms of it. */
function worldAhead(ahead: () => number): World {
  return { ...OWN_TIME_WORLD, clock: { ...OWN_TIME_WORLD.clock, now: () => Date.now() + ahead() } };
}

describe('a key that expires', () => {
  it('is refused from then on, and its streams end', async () => {
    const place = sqlitePlace();
    let later = 0;
    const world = worldAhead(() => later);
    const expiresAt = Date.now() + 3_600_000;
    const keys = await makeKeys(place, { es: { ...CALLERS.es, expiresAt }, boss: CALLERS.boss });
    const tollgate = await startAsking(place, {}, world);
    const clients = clientsWith(tollgate, keys.es);
    const stream = openStream(clients);
    stream.send();
    await until(() => stream.answered() === 1);
    expect((await clients.keys.whoAmI({})).expiresAt).toBeDefined();
    later = 3_600_000;
    expect(await failure(clients.keys.whoAmI({}))).toBe('NOT_AUTHENTICATED');
    expect(await stream.ended).toBe('NOT_AUTHENTICATED');
    const boss = clientsWith(tollgate, keys.boss);
    const listed = async (withEnded: boolean): Promise<string[]> =>
      (await boss.keys.listKeys({ withEnded })).keys.map(({ name }) => name);
    expect(await listed(false)).toEqual(['boss']);
    expect(await listed(true)).toEqual(['es', 'boss']);
    for (const { channel } of [clients, boss]) channel.close();
    await place.remove();
  });
});

describe('the last use of a key', () => {
  it('outlives a restart', async () => {
    const place = sqlitePlace();
    const keys = await makeKeys(place, CALLERS);
    const use = async (run: (clients: Clients) => Promise<unknown>): Promise<void> => {
      const tollgate = await startAsking(place);
      const boss = clientsWith(tollgate, keys.boss);
      await run(boss);
      boss.channel.close();
      await tollgate.close();
    };
    await use(({ keys }) => keys.whoAmI({}));
    await use(async (boss) => {
      const used = (await boss.keys.listKeys({})).keys.map(({ name, lastUsedAt }) => [
        name,
        lastUsedAt !== undefined,
      ]);
      expect(used).toEqual([
        ['es', false],
        ['boss', true],
      ]);
    });
    await place.remove();
  });
});

describe('identities that are required', () => {
  it('need a key that is in force, and the start says how to make one', async () => {
    const place = sqlitePlace();
    await expect(startAsking(place)).rejects.toThrow(
      /^identities: required, and the store holds no key that is in force: .*'tollgate keys create --name YOU --role operator'/,
    );
    await makeKeys(place, { gone: { roles: ['operator'], expiresAt: Date.now() + 60_000 } });
    const later = worldAhead(() => 60_000);
    await expect(startAsking(place, {}, later)).rejects.toThrow(/no key that is in force/);
    await makeKeys(place, { ana: { roles: ['viewer'] } });
    await startAsking(place);
    await place.remove();
  });
});

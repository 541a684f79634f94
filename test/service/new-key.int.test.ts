import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientsWith, makeKeys, startAsking, type Clients } from './callers.js';
import { failure, NOON, once, onMongo, payment, range, type Instance, type Place } from './harness.js';

const CALLERS = { boss: { roles: ['operator'] }, seer: { roles: ['viewer'] } } as const;
/** The second instance follows nothing by itself: what it knows of keys it has looked for. */
const DEAF = { watchChanges: false, followMs: 3_600_000 };

onMongo('a key that was made on another instance', (createPlace) => {
  let place: Place;
  let other: Instance;
  let keys: Readonly<Record<keyof typeof CALLERS, string>>;
  let boss: Clients;
  let opened: Clients[];
  const as = (instance: Instance, key: string): Clients => {
    const clients = clientsWith(instance, key);
    opened.push(clients);
    return clients;
  };
  beforeEach(async () => {
    opened = [];
    place = createPlace();
    keys = await makeKeys(place, CALLERS);
    boss = as(await startAsking(place), keys.boss);
    other = await place.start({ identities: 'required' }, undefined, DEAF);
  });
  afterEach(async () => {
    for (const { channel } of opened) channel.close();
    await place.remove();
  });

  const made = (roles: readonly number[], sites: readonly string[] = []) =>
    boss.keys.createKey({ name: 'new', roles: [...roles], sites: [...sites] });
  const scrape = (key: string): Promise<Response> =>
    fetch(`http://${other.service.httpAddress}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  /** Failed attempts that the other instance counted, by what was wrong. */
  async function failed(): Promise<Record<string, number>> {
    const text = await (await scrape(keys.seer)).text();
    const lines = text.matchAll(/^tollgate_authentication_failures_total\{why="(\w+)"\} (\d+)$/gm);
    return Object.fromEntries(
      [...lines].map(([, why, count]) => [why, Number(count)] as const).filter(([, count]) => count > 0),
    );
  }
  async function streamed({ decisions }: Clients, requestId: string): Promise<number> {
    const value = { requestId, payment: payment({ site: 'es', at: NOON }) };
    const entry = { entries: [{ entry: { case: 'screen' as const, value } }] };
    let answered = 0;
    for await (const { results } of decisions.screenStream(once(entry))) answered += results.length;
    return answered;
  }

  it('works in its very first call, of one answer or a stream, and nothing is counted as failed', async () => {
    for (const nth of range(10)) {
      const viewer = await made([4]);
      expect((await as(other, viewer.secret).keys.whoAmI({})).keyId).toBe(viewer.key?.id);
      const site = await made([5], ['es']);
      expect(await streamed(as(other, site.secret), `first-${nth}`)).toBe(1);
    }
    expect((await scrape((await made([4])).secret)).status).toBe(200);
    expect(await failed()).toEqual({});
  });

  it('works at once for all its calls at a time', async () => {
    const clients = as(other, (await made([4])).secret);
    const answers = await Promise.all(range(20).map(() => failure(clients.keys.whoAmI({}))));
    expect(new Set(answers)).toEqual(new Set(['none']));
    expect(await failed()).toEqual({});
  });

  it('is refused where it was revoked there too, and with a wrong secret, alike', async () => {
    const gone = await made([4]);
    await boss.keys.revokeKey({ id: gone.key?.id ?? '', reason: 'lost' });
    const { secret } = await made([4]);
    const wrong = `${secret.slice(0, -43)}${'A'.repeat(43)}`;
    const answers = await Promise.all(
      [gone.secret, wrong, `tollgate_${'0'.repeat(16)}_${'A'.repeat(43)}`].map((key) =>
        as(other, key)
          .keys.whoAmI({})
          .catch((error: unknown) => String(error)),
      ),
    );
    expect(new Set(answers)).toEqual(
      new Set([
        'TollgateError: the call shows no key or certificate that is in force: unknown, wrong, revoked or expired',
      ]),
    );
    expect((await scrape(wrong)).status).toBe(401);
    expect(await failed()).toEqual({ revoked: 1, wrong: 2, unknown: 1 });
    expect((await as(other, secret).keys.whoAmI({})).name).toBe('new');
  });
});

import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../src/identity/authenticate.js';
import { knownCallers } from '../../src/identity/callers.js';
import type { Session } from '../../src/identity/key-ring.js';
import { keysAt, memoryKeyStore, showing } from './memory-keys.js';

const SHOP = { name: 'shop', roles: ['site'], sites: [], expiresAt: undefined, by: 'ana' } as const;
const ROBOT = { ...SHOP, name: 'robot', subject: 'DNS:robot.example' };
const UNKNOWN = `tollgate_${'0'.repeat(16)}_${'A'.repeat(43)}`;

/** Two instances on one store; the second is the one that is called. */
function fixture() {
  const clock = { now: 1_000_000 };
  const store = memoryKeyStore();
  const [keys, others] = [keysAt(store, clock), keysAt(store, clock)];
  let looks = 0;
  let away = false;
  const look = (then: (looked: boolean) => void): void => {
    looks += 1;
    if (away) then(false);
    else void others.refresh().then(() => then(true));
  };
  const never = { failed: () => undefined };
  const callers = knownCallers(others, never, { look }, () => undefined);
  return {
    keys,
    clock,
    looks: () => looks,
    goAway: () => (away = true),
    /** Why a call is refused at first and when it was asked for again; a name where it is not. */
    ask: async (key: string | undefined, subject?: string): Promise<string[]> => {
      const shown = showing(key, subject);
      const first = callers.sessionOf(shown);
      if (typeof first !== 'string') return [first.identity.name];
      const then = await new Promise<Session | Refusal>((resolve) => callers.again(shown, first, resolve));
      return [first, typeof then === 'string' ? then : then.identity.name];
    },
  };
}

describe('who is refused', () => {
  it('is let in after a look where another instance just made the key or certificate', async () => {
    const { keys, ask, looks } = fixture();
    const { key } = await keys.create({ ...SHOP, subject: '' });
    expect([await ask(key), await ask(key), looks()]).toEqual([['unknown', 'shop'], ['shop'], 1]);
    await keys.create(ROBOT);
    expect(await ask(undefined, ROBOT.subject)).toEqual(['certificate', 'robot']);
  });

  it('is looked for alike whatever is wrong, and not where nothing is shown', async () => {
    const { keys, clock, ask, looks } = fixture();
    const { key, credential } = await keys.create({ ...SHOP, subject: '' });
    const gone = await keys.create({ ...SHOP, subject: '', expiresAt: clock.now + 1 });
    await ask(key);
    await keys.revoke(credential.id, 'ana', 'lost');
    await ask(UNKNOWN);
    clock.now += 1;
    const wrong = gone.key.replace(/.{43}$/, 'B'.repeat(43));
    const before = looks();
    const asked: string[][] = [];
    for (const shown of ['junk', UNKNOWN, wrong, key, gone.key]) asked.push(await ask(shown));
    asked.push(await ask(undefined, 'DNS:nobody.example'));
    expect(asked).toEqual(
      ['malformed', 'unknown', 'wrong', 'revoked', 'expired', 'certificate'].map((why) => [why, why]),
    );
    expect(looks() - before).toBe(6);
    expect([await ask(undefined), looks() - before]).toEqual([['nothing', 'nothing'], 6]);
  });

  it('is refused as before where no look is to be had', async () => {
    const { keys, ask, goAway } = fixture();
    const { key } = await keys.create({ ...SHOP, subject: '' });
    goAway();
    expect(await ask(key)).toEqual(['unknown', 'unknown']);
  });

  it('may be gone by then: what was shown is kept', async () => {
    const { keys } = fixture();
    let subject: string | undefined = ROBOT.subject;
    const asked: (string | undefined)[] = [];
    let looked = (): void => undefined;
    const callers = knownCallers(
      { sessionOf: (shown) => (asked.push(shown.subject()), keys.sessionOf(shown)) },
      { failed: () => undefined },
      { look: (then) => void (looked = () => then(true)) },
      () => undefined,
    );
    callers.again({ key: undefined, subject: () => subject }, 'certificate', () => undefined);
    subject = undefined;
    looked();
    expect(asked).toEqual([ROBOT.subject]);
  });
});

import { describe, expect, it } from 'vitest';
import { CanaryCounts } from '../../src/decisions/canary/canary-counts.js';
import { startBackground } from '../../src/serve/background.js';
import { followSoon } from '../../src/serve/follow-soon.js';
import { followRules } from '../../src/serve/follow-rules.js';
import { watchStore } from '../../src/serve/store-watch.js';
import type { RuleSetDocument } from '../../src/rules/document/document.js';
import { allActive, type Arrangement } from '../../src/rules/publish/arrangement.js';
import type { InForce } from '../../src/rules/rule-set-info.js';
import type { Timers } from '../../src/world/world.js';

/** Timers whose time is moved by hand; everything that comes due is waited for. */
function handTimers() {
  let now = 0;
  const waiting = new Set<{ readonly due: number; readonly call: () => void }>();
  const timers: Timers = {
    after(ms, call) {
      const timer = { due: now + ms, call };
      waiting.add(timer);
      return () => void waiting.delete(timer);
    },
    soon: () => undefined,
  };
  return {
    timers,
    waiting: () => waiting.size,
    async pass(ms: number): Promise<void> {
      const end = now + ms;
      while (now < end) {
        now += 50;
        for (const timer of [...waiting].filter(({ due }) => due <= now)) {
          waiting.delete(timer);
          timer.call();
        }
        for (let turns = 0; turns < 20; turns++) await Promise.resolve();
      }
    },
  };
}

describe('the watch of the store', () => {
  it('tells once that the store is away, and once that it is back', async () => {
    const store = { up: true };
    const told: (readonly [boolean, boolean])[] = [];
    const ping = async (): Promise<void> => {
      if (!store.up) throw new Error('away');
    };
    const watch = watchStore({ ping }, handTimers().timers, (up, changed) => told.push([up, changed]));
    for (const up of [true, false, false, true]) {
      store.up = up;
      await watch.look();
      expect(watch.up()).toBe(up);
    }
    expect(told).toEqual([
      [true, false],
      [false, true],
      [false, false],
      [true, true],
    ]);
  });

  it('takes a store that does not answer for one that is away', async () => {
    const hand = handTimers();
    const watch = watchStore({ ping: () => new Promise(() => undefined) }, hand.timers, () => undefined);
    const looked = watch.look();
    await hand.pass(1_150);
    expect(watch.up()).toBe(true);
    await hand.pass(50);
    await looked;
    expect(watch.up()).toBe(false);
  });
});

describe('following the rules', () => {
  const version = (ruleSet: string): InForce =>
    allActive([{ ruleSet, version: 1, hash: '', document: {} as RuleSetDocument }])[0] as InForce;
  const noGroup = (): string => '';
  const firstOf = (arrangement: Arrangement): string => arrangement.all[0]?.stable[0]?.ruleSet ?? '';

  it('takes up what stands there when that changes, and only then', async () => {
    const active = { versions: [version('a')], revision: 'a:1' };
    const used: string[] = [];
    const decisions = { useRules: async (rules: Arrangement) => void used.push(firstOf(rules)) };
    const follow = followRules(
      () => ({ inForce: async () => ({ ...active }) }),
      decisions,
      noGroup,
      new CanaryCounts(),
    );
    await follow();
    await follow();
    active.revision = 'a:2';
    await follow();
    expect(used).toEqual(['a', 'a']);
  });

  it('leaves rules for later that read a list which is not ready', async () => {
    const conditions = { all: [{ fact: 'list', params: { list: 'new' }, operator: 'equal', value: true }] };
    const rule = { name: 'a-rule', conditions, event: { type: 'review' } };
    const document = { rules: [rule] } as unknown as RuleSetDocument;
    const reading = { ...version('a'), version: { ...version('a').version, document } };
    let used = 0;
    const follow = followRules(
      () => ({ inForce: async () => ({ versions: [reading], revision: 'a:1' }) }),
      { useRules: async () => void used++ },
      noGroup,
      new CanaryCounts(),
    );
    expect(await follow((list) => list !== 'new')).toBe(false);
    expect(used).toBe(0);
    expect(await follow((list) => list === 'new')).toBe(true);
    expect(await follow(() => false)).toBe(true);
    expect(used).toBe(1);
  });

  it('takes them up anew when a site that a scope names changes its group', async () => {
    const here = { ...version('a'), staged: { ...version('a').staged, scope: 'site:s' } } as const;
    let group = 'eu';
    let used = 0;
    const decisions = { useRules: async () => void used++ };
    const inForce = async () => ({ versions: [here], revision: 'a:1' });
    const follow = followRules(
      () => ({ inForce }),
      decisions,
      (site) => (site === 's' ? group : ''),
      new CanaryCounts(),
    );
    await follow();
    await follow();
    group = 'us';
    await follow();
    expect(used).toBe(2);
  });

  it('tries again what could not be taken up', async () => {
    let fails = true;
    let used = 0;
    const decisions = {
      async useRules() {
        if (fails) throw new Error('not now');
        used++;
      },
    };
    const follow = followRules(
      () => ({ inForce: async () => ({ versions: [], revision: 'x' }) }),
      decisions,
      noGroup,
      new CanaryCounts(),
    );
    await expect(follow()).rejects.toThrow('not now');
    fails = false;
    await follow();
    expect(used).toBe(1);
  });

  it('never goes back to what was active before, however long that takes', async () => {
    const used: string[] = [];
    let answer: () => void = () => undefined;
    let asked = 0;
    const follow = followRules(
      () => ({
        async inForce() {
          const revision = String(++asked);
          if (asked === 1) await new Promise<void>((resolve) => (answer = resolve));
          return { versions: [version(revision)], revision };
        },
      }),
      { useRules: async (rules) => void used.push(firstOf(rules)) },
      noGroup,
      new CanaryCounts(),
    );
    const both = [follow(), follow()];
    await Promise.resolve();
    await Promise.resolve();
    answer();
    await Promise.all(both);
    expect(used).toEqual(['1', '2']);
  });
});

describe('the work beside answering', () => {
  function running(up: () => boolean) {
    const hand = handTimers();
    const done = { look: 0, follow: 0, expire: 0, keys: 0, uses: 0, canaries: 0, owed: 0 };
    let tell: () => void = () => undefined;
    const watching = { open: 0 };
    const troubles: string[] = [];
    const background = startBackground(hand.timers, {
      store: { up, look: async () => void done.look++ },
      async follow() {
        done.follow++;
        throw new Error('broken');
      },
      changes: {
        watch(changed) {
          tell = changed;
          watching.open++;
          return { close: async () => void watching.open-- };
        },
      },
      canaries: async () => void done.canaries++,
      owed: async () => void done.owed++,
      expire: async () => void done.expire++,
      keys: { expire: () => void done.keys++, writeUses: async () => void done.uses++ },
      failed: (task) => troubles.push(task),
    });
    return { hand, done, troubles, background, watching, tell: () => tell() };
  }

  it('follows changes within two seconds, goes on after a failure, and stops', async () => {
    const { hand, done, troubles, background } = running(() => true);
    await hand.pass(10_000);
    expect(done.follow).toBeGreaterThan(5);
    expect(done.look).toBeGreaterThan(5);
    expect(done.expire).toBeGreaterThanOrEqual(1);
    expect(new Set(troubles)).toEqual(new Set(['follow']));
    await background.stop();
    const before = { ...done };
    await hand.pass(10_000);
    expect(done).toEqual(before);
    expect(hand.waiting()).toBe(0);
  });

  it('asks nothing of a store that is away but whether it is back', async () => {
    const { hand, done } = running(() => false);
    await hand.pass(10_000);
    expect(done).toMatchObject({ follow: 0, expire: 0, canaries: 0, owed: 0 });
    expect(done.look).toBeGreaterThan(5);
  });

  it('follows at once when it is told of a change, and not after it stopped', async () => {
    const { hand, done, background, watching, tell } = running(() => true);
    tell();
    await hand.pass(50);
    expect(done.follow).toBe(1);
    expect(watching.open).toBe(1);
    await background.stop();
    tell();
    await hand.pass(1_000);
    expect(done.follow).toBe(1);
    expect(watching.open).toBe(0);
  });
});

describe('following soon', () => {
  it('follows what is told during a run by one more, however often it is told', async () => {
    const hand = handTimers();
    const ends: (() => void)[] = [];
    const follow = (): Promise<boolean> => new Promise((resolve) => ends.push(() => resolve(true)));
    const soon = followSoon(hand.timers, follow, () => undefined);
    for (let times = 0; times < 5; times++) soon.tell();
    expect(ends).toHaveLength(1);
    for (let times = 0; times < 5; times++) soon.tell();
    ends[0]?.();
    await hand.pass(100);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await hand.pass(1_000);
    expect(ends).toHaveLength(2);
    soon.tell();
    expect(ends).toHaveLength(3);
    ends[2]?.();
    await soon.stop();
    expect(hand.waiting()).toBe(0);
  });

  it('does not forget what it could not follow, for want of the store or for a failure', async () => {
    const hand = handTimers();
    const results = ['away', 'broken', 'done'];
    const failures: unknown[] = [];
    let runs = 0;
    const follow = async (): Promise<boolean> => {
      const result = results[runs++];
      if (result === 'broken') throw new Error(result);
      return result === 'done';
    };
    const soon = followSoon(hand.timers, follow, (error) => failures.push(error));
    soon.tell();
    await hand.pass(2_000);
    expect(runs).toBe(3);
    expect(failures).toHaveLength(1);
    await soon.stop();
  });
});

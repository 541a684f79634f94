import { MongoClient, type Document } from 'mongodb';
import { afterEach, expect, it } from 'vitest';
import type { Tuning } from '../../src/serve/decision-options.js';
import { describeMongo, primaryOf } from '../support/mongo-suite.js';
import { faultyProxy, type FaultyProxy } from '../support/proxy.js';
import { mongoPlace, payment, prove, rule, ruleSet, until, type Instance, type Place } from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const PUBLISHED = { ruleSet: 'followed', actor: 'test', reason: 'test' };
/** Two seconds are promised; without a hurry of the machine it is a fraction of that. */
const PROMISED_MS = 2_000;
/** So seldom that only what is told can have led to a switch. */
const TOLD_ONLY: Partial<Tuning> = { followMs: 3_600_000 };
const LOOKING_ONLY: Partial<Tuning> = { watchChanges: false };

describeMongo('what one instance publishes, on MongoDB', (uri) => {
  let place: Place;
  let proxy: FaultyProxy | undefined;
  let requests = 0;
  afterEach(async () => {
    proxy?.set('pass');
    await place.remove();
    await proxy?.close();
    proxy = undefined;
  });

  const versionOn = async (tollgate: Instance): Promise<number> => {
    const { ruleSets } = await tollgate.screen(`r-${String(requests++)}`, payment());
    return ruleSets[0]?.version ?? 0;
  };

  /** Two instances, and three versions that may go live; 1 is active. */
  async function start(change: Partial<Tuning>, through = uri): Promise<readonly [Instance, Instance]> {
    place = mongoPlace(uri, through);
    const one = await place.start({}, undefined, change);
    for (const number of [1, 2, 3]) {
      const document = ruleSet('followed', [rule(`v${String(number)}`, ALWAYS)]);
      await one.rules.createVersion({ documentJson: JSON.stringify(document), author: 'test' });
      await prove(one.rules, 'followed', number);
    }
    await one.rules.activateVersion({ ...PUBLISHED, version: 1 });
    const other = await place.start({}, undefined, change);
    expect(await versionOn(other)).toBe(1);
    return [one, other];
  }

  /** Publishes on one and waits for the other; what that took, ms. */
  async function switched(
    publish: () => Promise<unknown>,
    other: Instance,
    version: number,
    within = PROMISED_MS,
  ): Promise<number> {
    await publish();
    return until(async () => (await versionOn(other)) === version, within);
  }

  /** Activation, roll-back and the end of a canary, each followed within the time that is promised. */
  async function follows(one: Instance, other: Instance, how: string): Promise<void> {
    const took: number[] = [];
    const { rules } = one;
    took.push(await switched(() => rules.activateVersion({ ...PUBLISHED, version: 2 }), other, 2));
    took.push(await switched(() => rules.rollBack(PUBLISHED), other, 1));
    const settings = { share: 0.5 };
    const drawn = async (): Promise<number> =>
      (await other.screen(`r-${String(requests++)}`, payment())).canaries.length;
    await rules.startCanary({ ...PUBLISHED, version: 3, settings });
    took.push(await until(async () => (await drawn()) === 1, PROMISED_MS));
    await rules.rollBack(PUBLISHED);
    took.push(await until(async () => (await drawn()) === 0, PROMISED_MS));
    console.info(
      `${how}: in force on the other instance after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms`,
    );
  }

  it('is in force on the other at once, by the change stream alone', { timeout: 120_000 }, async () => {
    const [one, other] = await start(TOLD_ONLY);
    await follows(one, other, 'change stream');
  });

  it('is in force on the other within two seconds, by looking alone', { timeout: 120_000 }, async () => {
    const [one, other] = await start(LOOKING_ONLY);
    await follows(one, other, 'looking');
  });

  it('is told of again after the cursor of the change stream is gone', { timeout: 120_000 }, async () => {
    const [one, other] = await start(TOLD_ONLY);
    for (const round of [1, 2]) {
      expect(await killChangeStreams(uri)).toBeGreaterThanOrEqual(2);
      await follows(one, other, `cursor killed, round ${String(round)}`);
    }
  });

  it(
    'is told of again after all connections were cut, and what was missed meanwhile is caught up on',
    {
      timeout: 120_000,
    },
    async () => {
      proxy = await faultyProxy(await primaryOf(uri));
      const through = `mongodb://127.0.0.1:${String(proxy.port)}/?directConnection=true`;
      const [one, other] = await start(TOLD_ONLY, through);
      for (const mode of ['cut', 'silent'] as const) {
        proxy.set(mode);
        await until(async () => !(await reachable(one)) && !(await reachable(other)));
        proxy.set('pass');
        await until(async () => (await reachable(one)) && (await reachable(other)));
        // Published before the change stream is there again: its beginning tells of it. The server is looked for meanwhile.
        await switched(() => one.rules.activateVersion({ ...PUBLISHED, version: 3 }), other, 3, 10_000);
        await switched(() => one.rules.activateVersion({ ...PUBLISHED, version: 1 }), other, 1, 10_000);
        await follows(one, other, `after connections were ${mode}`);
      }
    },
  );
});

async function reachable(tollgate: Instance): Promise<boolean> {
  return tollgate.rules.listRuleSets({}).then(
    () => true,
    () => false,
  );
}

/** Ends the cursors of all change streams of the server; how many there were. */
async function killChangeStreams(uri: string): Promise<number> {
  const client = await MongoClient.connect(uri);
  try {
    const all = client.db('admin').aggregate([{ $currentOp: { idleCursors: true, allUsers: true } }]);
    let killed = 0;
    for await (const { ns, cursor } of all) {
      const stages = (cursor?.originatingCommand?.pipeline ?? []) as Document[];
      if (!stages.some((stage) => '$changeStream' in stage)) continue;
      const [database = ''] = String(ns).split('.');
      await client.db(database).command({ killCursors: '$cmd.aggregate', cursors: [cursor.cursorId] });
      killed++;
    }
    return killed;
  } finally {
    await client.close();
  }
}

import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ListChangeKind } from '../../src/gen/tollgate/v1/list_service_pb.js';
import { Outcome } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { putMongoStore, putSqliteStore } from '../storage/fixtures/fixtures.js';
import { NOON, onBothStores, onMongo, payment, type Instance, type Place } from './harness.js';

/**
 * What was done in the stores of the fixtures, by the release before: three versions of `checks`, 1 to 3 activated in turn
 * and rolled back to 2; `retired` activated and deactivated; `lists`, which blocks what is on `mules`; that list with two
 * cards added, one removed, and an import that added another; four payments at noon, the last of a mule.
 */
onBothStores('a store that an earlier release left', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeAll(async () => {
    place = createPlace();
    if (place.kind === 'sqlite') putSqliteStore(place.store.slice('sqlite:'.length), 'sqlite-8');
    else await putMongoStore(place.store, 'mongo-5');
    tollgate = await place.start();
  });
  afterAll(() => place.remove());

  it('keeps its decisions: they are found, explained and replayed', async () => {
    const { decisions } = await tollgate.decisions.listDecisions({ pageSize: 10 });
    expect(decisions.map(({ outcome }) => outcome)).toEqual([
      Outcome.BLOCK,
      Outcome.REVIEW,
      Outcome.ACCEPT,
      Outcome.ACCEPT,
    ]);
    for (const { id } of decisions) {
      const { identical } = await tollgate.decisions.replayDecision({ id });
      expect(identical).toBe(true);
    }
    const id = decisions[0]?.id ?? '';
    const { summary } = await tollgate.decisions.explainDecision({ id });
    expect(summary.join('\n')).toContain('lists/mule');
    // What was asked before is the same payment still.
    const again = await tollgate.decisions.screen({
      requestId: 'r-3',
      payment: payment({ at: NOON + 3_000, minor: 10_000, card: 'card-7' }),
    });
    expect(again.decision?.id).toBe(id);
  });

  it('goes on where it stood: what was active is, and can be rolled back', async () => {
    const { ruleSets } = await tollgate.rules.listRuleSets({});
    expect(
      ruleSets.map(({ id, activeVersion, latestVersion }) => [id, activeVersion, latestVersion]),
    ).toEqual([
      ['checks', 2, 3],
      ['lists', 1, 1],
      ['retired', 0, 1],
    ]);
    const decided = await tollgate.screen(
      'r-new',
      payment({ minor: 6500, at: NOON + 60_000, card: 'card-5' }),
    );
    expect(decided).toMatchObject({ outcome: Outcome.REVIEW });
    // The payments of before are in the window.
    const fourth = await tollgate.screen('r-4', payment({ at: NOON + 61_000 }));
    expect(fourth.outcome).toBe(Outcome.REJECT);
    await tollgate.rules.rollBack({ ruleSet: 'checks', actor: 'fay', reason: 'further back' });
    const { publications } = await tollgate.rules.listPublications({ ruleSet: 'checks' });
    expect(
      publications.map(({ step, scope, version, fromVersion, toVersion, actor }) => [
        step,
        scope,
        version,
        fromVersion,
        toVersion,
        actor,
      ]),
    ).toEqual([
      ['roll-back', 'all', 2, 2, 1, 'fay'],
      ['roll-back', 'all', 3, 3, 2, 'cy'],
      ['activate', 'all', 3, 2, 3, 'bo'],
      ['activate', 'all', 2, 1, 2, 'bo'],
      ['activate', 'all', 1, 0, 1, 'bo'],
    ]);
  });

  it('tells of its lists what was kept, and takes changes of them', async () => {
    const said = { list: 'mules', actor: 'gil', reason: 'no mule' };
    await tollgate.lists.removeEntries({ ...said, values: ['card-7'] });
    const { changes } = await tollgate.lists.listChanges({ list: 'mules' });
    expect(
      changes.map(({ kind, actor, reason, added, removed }) => [
        kind,
        actor,
        reason,
        Number(added),
        Number(removed),
      ]),
    ).toEqual([
      [ListChangeKind.REMOVED, 'gil', 'no mule', 0, 1],
      [ListChangeKind.ADDED, 'dee', 'mule', 1, 0],
      [ListChangeKind.REMOVED, 'eve', 'mistaken', 0, 1],
      [ListChangeKind.ADDED, 'dee', 'mule', 2, 0],
    ]);
    const decided = await tollgate.screen('r-free', payment({ at: NOON + 60_000, card: 'card-7' }));
    expect(decided.outcome).toBe(Outcome.ACCEPT);
    const other = await tollgate.screen('r-other', payment({ at: NOON + 60_000, card: 'card-9' }));
    expect(other.outcome).toBe(Outcome.BLOCK);
  });
});

onMongo('a database that an earlier release left', (createPlace) => {
  it('is taken over by several instances at once, and after one that was broken off', async () => {
    const place = createPlace();
    onTestFinished(() => place.remove());
    await putMongoStore(place.store, 'mongo-5');
    const standOf = async (): Promise<unknown> => {
      const [first, second] = await Promise.all([place.start(), place.start()]);
      const stands = await Promise.all(
        [first, second].map(async ({ rules, lists }) => [
          await rules.listRuleSets({}),
          await rules.listPublications({ ruleSet: 'checks' }),
          await lists.listChanges({ list: 'mules' }),
        ]),
      );
      expect(stands[1]).toEqual(stands[0]);
      await Promise.all([first.close(), second.close()]);
      return stands[0];
    };
    const stand = await standOf();
    const client = await MongoClient.connect(place.store);
    onTestFinished(() => client.close());
    const db = client.db();
    await db.collection<{ _id: string }>('meta').updateOne({ _id: 'store' }, { $set: { schema: 5 } });
    await db
      .collection('rulePublications')
      .updateMany({ revision: { $gt: 1 } }, { $unset: { scope: 1, version: 1 } });
    await db.collection('listChanges').updateOne({ r: 2 }, { $unset: { kind: 1 } });
    expect(await standOf()).toEqual(stand);
  });
});

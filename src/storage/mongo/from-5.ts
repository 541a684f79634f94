import type { Db } from 'mongodb';
import type { StagedVersion } from '../../rules/publish/stage.js';
import { COLLECTIONS } from './indexes.js';

/** A line of the publication log as schema 5 had it; `scope` says that it is converted. */
interface OldPublication {
  readonly _id: string;
  readonly ruleSet: string;
  readonly revision: number;
  readonly to: number;
  /** Epoch ms. */
  readonly at: number;
  readonly scope?: string;
}

/** A change of a list as schema 5 had it; `kind` says that it is converted. */
interface OldChange {
  readonly _id: string;
  readonly list: string;
  readonly r: number;
  readonly kind?: string;
}

interface StageDocument extends StagedVersion {
  readonly _id: string;
}

/**
 * From schema 5, where one version of a rule set was active for all sites, or none, and of a change of a list only its
 * moment was kept. May be broken off and begun again, also by several instances at once.
 */
export async function migrateFrom5(db: Db): Promise<void> {
  await convertPublications(db);
  await db
    .collection(COLLECTIONS.lists)
    .updateMany({ settings: { $exists: false } }, { $set: { settings: 0 } });
  const changes = db.collection<OldChange>(COLLECTIONS.listChanges);
  for await (const { _id, list, r } of changes.find({ kind: { $exists: false } }))
    await changes.updateOne({ _id, kind: { $exists: false } }, { $set: await noteOf(db, list, r) });
}

/** What is active is what the newest publication said. */
async function convertPublications(db: Db): Promise<void> {
  const log = db.collection<OldPublication>(COLLECTIONS.publications);
  const stages = db.collection<StageDocument>(COLLECTIONS.stages);
  const last = new Map<string, OldPublication>();
  const newest = new Map<string, number>();
  const moments = new Map<string, number>();
  for await (const publication of log.find({ scope: { $exists: false } }).sort({ ruleSet: 1, revision: 1 })) {
    const { ruleSet, revision, to, at } = publication;
    newest.set(ruleSet, revision);
    moments.set(`${ruleSet}/${String(revision)}`, at);
    if (to > 0) last.set(`${ruleSet}/all/${String(to)}`, publication);
  }
  for (const [_id, { ruleSet, revision, to, at }] of last) {
    const active = revision === newest.get(ruleSet);
    // The one after the last that made it active took it out again.
    const since = active ? revision : revision + 1;
    const staged: StagedVersion = {
      ruleSet,
      scope: 'all',
      version: to,
      stage: active ? 'active' : 'archived',
      since,
      sinceAt: moments.get(`${ruleSet}/${String(since)}`) ?? at,
    };
    await stages.updateOne({ _id }, { $setOnInsert: staged }, { upsert: true });
  }
  const version = { $cond: [{ $eq: ['$step', 'activate'] }, '$to', '$from'] };
  await log.updateMany({ scope: { $exists: false } }, [{ $set: { scope: 'all', version } }]);
}

/** What was done is told by the memberships that a revision began and ended; who did it, by the first of them. */
async function noteOf(db: Db, list: string, r: number): Promise<object> {
  const memberships = db.collection(COLLECTIONS.memberships);
  const begun = { list, r };
  const [firstBegun] = await memberships.find(begun).sort({ v: 1 }).limit(1).toArray();
  const ended = { list, ends: { $exists: true, $elemMatch: { r } } };
  const [firstEnded] = await memberships.find(ended).sort({ v: 1 }).limit(1).toArray();
  const end = (firstEnded?.['ends'] as { r: number; actor: string; reason: string }[] | undefined)?.find(
    (one) => one.r === r,
  );
  const [alone] = await memberships
    .aggregate<{ n: number }>(
      [
        { $match: { list, $or: [{ r }, { ends: { $exists: true, $elemMatch: { r } } }] } },
        { $group: { _id: '$v', begun: { $max: { $eq: ['$r', r] } } } },
        { $match: { begun: false } },
        { $count: 'n' },
      ],
      { allowDiskUse: true },
    )
    .toArray();
  return {
    kind: firstBegun === undefined ? 'removed' : 'added',
    actor: firstBegun?.['actor'] ?? end?.actor ?? '',
    reason: firstBegun?.['reason'] ?? end?.reason ?? '',
    source: firstBegun?.['source'] ?? '',
    added: await memberships.countDocuments(begun),
    removed: alone?.n ?? 0,
  };
}

import type { Collection } from 'mongodb';
import { TollgateError } from '../../../errors/errors.js';
import { wouldClash, type StagedVersion } from '../../../rules/publish/stage.js';
import type { Publication, RuleVersionStore } from '../../../rules/version-store.js';
import type { Connection } from '../connection.js';
import { isDuplicateOf } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';
import { inserted } from './inserted.js';

interface PublicationDocument extends Publication {
  /** Rule set and revision: of publishers that race exactly one wins. */
  readonly _id: string;
  /** What it makes of the stages. */
  readonly changes?: readonly StagedVersion[];
  /** The stages may not show it yet: whoever reads them adds its changes. Only ever true of the newest of a rule set. */
  readonly pending?: true;
}

interface StageDocument extends StagedVersion {
  /** Rule set, scope and version. */
  readonly _id: string;
}

/**
 * The stages follow from the log, which a majority has: what is lost of them with a server is settled again, since the end
 * of the settling, written last, is lost with it.
 */
const FOLLOWS = { writeConcern: { w: 1 } } as const;
const NO_ID = { projection: { _id: 0 } };
const AS_PUBLISHED = { projection: { _id: 0, changes: 0, pending: 0 } };

/**
 * What stands where, and the log of how it came there. A publication is one insert into the log; what it makes of the
 * stages follows, and whoever comes next does it where its publisher was cut off. In a transaction, what a publisher had
 * written that was killed in the middle would keep all others out until the server gives it up, for a minute or more.
 */
export function publicationsOn(
  connection: Connection,
): Pick<RuleVersionStore, 'heads' | 'staged' | 'stagesOf' | 'publish' | 'publications'> {
  const log: Collection<PublicationDocument> = connection.collection(COLLECTIONS.publications);
  const stages: Collection<StageDocument> = connection.collection(COLLECTIONS.stages);

  /** As of one moment: a reader in the middle of a publication must not find a scope with nothing active. */
  async function read(of: { readonly ruleSet?: string }, filter: object): Promise<readonly StagedVersion[]> {
    const session = connection.client.startSession({ snapshot: true });
    // Said, too: the session alone leaves the client's read concern as it is, and every question sees another moment.
    const at = { session, readConcern: { level: 'snapshot' } } as const;
    try {
      return await connection.run(async () => {
        const there = await stages
          .find({ ...of, ...filter }, { ...NO_ID, ...at })
          .sort({ ruleSet: 1, scope: 1, version: 1 })
          .toArray();
        const pending = await log.find({ ...of, pending: true }, at).toArray();
        return withChanges(
          there,
          pending.flatMap(({ changes = [] }) => changes),
        );
      });
    } finally {
      await session.endSession().catch(() => undefined);
    }
  }

  async function publications(
    ruleSet: string,
    limit: number,
    before: number | undefined,
  ): Promise<readonly Publication[]> {
    const filter = before === undefined ? { ruleSet } : { ruleSet, revision: { $lt: before } };
    return connection.run(() => log.find(filter, AS_PUBLISHED).sort({ revision: -1 }).limit(limit).toArray());
  }

  /** Brings the stages up to a publication. Several may do so at once, and one of them late. */
  async function settle({ _id, revision, changes = [] }: PublicationDocument): Promise<void> {
    // What leaves a place first: the index lets no other in before.
    const leaving = changes.filter(({ stage }) => stage === 'archived' || stage === 'shadow');
    for (const staged of [...leaving, ...changes.filter((one) => !leaving.includes(one))])
      await connection.run(() => replace(staged, revision));
    await connection.run(() => log.updateOne({ _id }, { $unset: { pending: '' } }, FOLLOWS));
  }

  async function replace(staged: StagedVersion, revision: number): Promise<void> {
    const _id = `${staged.ruleSet}/${staged.scope}/${staged.version}`;
    try {
      await stages.replaceOne({ _id, since: { $lt: revision } }, staged, { ...FOLLOWS, upsert: true });
    } catch (error) {
      // Somebody else has settled this publication, and perhaps later ones.
      if (!isDuplicateOf(error, '_id')) throw error;
    }
  }

  return {
    async heads() {
      const latest = [
        { $group: { _id: '$ruleSet', revision: { $max: '$revision' } } },
        { $sort: { _id: 1 } },
      ];
      const found = await connection.run(() =>
        log.aggregate<{ _id: string; revision: number }>(latest).toArray(),
      );
      return found.map(({ _id, revision }) => ({ ruleSet: _id, revision }));
    },

    async staged() {
      const there = await read({}, { stage: { $ne: 'archived' } });
      return there.filter(({ stage }) => stage !== 'archived');
    },

    stagesOf: (ruleSet) => read({ ruleSet }, {}),

    async publish(publication, changes) {
      const { ruleSet, revision } = publication;
      const [latest] = await publications(ruleSet, 1, undefined);
      if ((latest?.revision ?? 0) !== revision - 1) return 'stale';
      const left = await connection.run(() => log.find({ ruleSet, pending: true }).toArray());
      for (const one of left) await settle(one);
      // Nothing can change before the insert: whatever does takes its place in the log.
      if (wouldClash(await read({ ruleSet }, {}), changes)) return 'stale';
      const document = { _id: `${ruleSet}/${revision}`, ...publication, changes, pending: true } as const;
      if (!(await inserted(connection, () => log.insertOne(document)))) return 'stale';
      // It is published: where the store goes away now, the next publisher settles it.
      await settle(document).catch((error: unknown) => {
        if (!(error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE')) throw error;
      });
      return 'published';
    },

    publications,
  };
}

/** Stages with changes in the places of what is there; in order. */
function withChanges(
  there: readonly StagedVersion[],
  changes: readonly StagedVersion[],
): readonly StagedVersion[] {
  if (changes.length === 0) return there;
  const placeOf = ({ ruleSet, scope, version }: StagedVersion): string => `${ruleSet} ${scope} ${version}`;
  const after = new Map([...there, ...changes].map((staged) => [placeOf(staged), staged]));
  return [...after.values()].toSorted((a, b) => {
    if (a.ruleSet !== b.ruleSet) return a.ruleSet < b.ruleSet ? -1 : 1;
    if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
    return a.version - b.version;
  });
}

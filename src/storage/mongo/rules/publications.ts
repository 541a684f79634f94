import { MongoError, MongoErrorLabel, type ClientSession, type Collection } from 'mongodb';
import type { StagedVersion } from '../../../rules/publish/stage.js';
import type { Publication, RuleVersionStore } from '../../../rules/version-store.js';
import type { Connection } from '../connection.js';
import { isDuplicateKey } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';

interface PublicationDocument extends Publication {
  /** Rule set and revision: of publishers that race exactly one wins. */
  readonly _id: string;
}

interface StageDocument extends StagedVersion {
  /** Rule set, scope and version. */
  readonly _id: string;
}

const NO_ID = { projection: { _id: 0 } };
/** Publishers that meet in the middle: one waits for the other, and then finds that it is late. */
const TRIES = 5;

/** What stands where, and the log of how it came there: changed together, in a transaction. */
export function publicationsOn(
  connection: Connection,
): Pick<RuleVersionStore, 'heads' | 'staged' | 'stagesOf' | 'publish' | 'publications'> {
  const log: Collection<PublicationDocument> = connection.collection(COLLECTIONS.publications);
  const stages: Collection<StageDocument> = connection.collection(COLLECTIONS.stages);

  /** As of one moment: a reader in the middle of a publication must not find a scope with nothing active. */
  async function read(filter: object): Promise<readonly StagedVersion[]> {
    const session = connection.client.startSession({ snapshot: true });
    try {
      const found = await connection.run(() =>
        stages
          .find(filter, { ...NO_ID, session })
          .sort({ ruleSet: 1, scope: 1, version: 1 })
          .toArray(),
      );
      return found;
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
    return connection.run(() => log.find(filter, NO_ID).sort({ revision: -1 }).limit(limit).toArray());
  }

  async function attempt(publication: Publication, changes: readonly StagedVersion[]): Promise<void> {
    const session = connection.client.startSession();
    try {
      session.startTransaction();
      await write(session, publication, changes);
      await commit(session);
    } catch (error) {
      if (session.inTransaction()) await session.abortTransaction().catch(() => undefined);
      throw error;
    } finally {
      await session.endSession().catch(() => undefined);
    }
  }

  async function write(
    session: ClientSession,
    publication: Publication,
    changes: readonly StagedVersion[],
  ): Promise<void> {
    const { ruleSet, revision } = publication;
    await log.insertOne({ _id: `${ruleSet}/${revision}`, ...publication }, { session });
    // What leaves a place first: the index lets no other in before.
    const leaving = changes.filter(({ stage }) => stage === 'archived' || stage === 'shadow');
    for (const staged of [...leaving, ...changes.filter((one) => !leaving.includes(one))]) {
      const _id = `${staged.ruleSet}/${staged.scope}/${staged.version}`;
      await stages.replaceOne({ _id }, staged, { session, upsert: true });
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

    staged: () => read({ stage: { $ne: 'archived' } }),
    stagesOf: (ruleSet) => read({ ruleSet }),

    async publish(publication, changes) {
      for (let tries = 1; ; tries++) {
        const [latest] = await publications(publication.ruleSet, 1, undefined);
        if ((latest?.revision ?? 0) !== publication.revision - 1) return 'stale';
        try {
          await connection.write(() => attempt(publication, changes));
          return 'published';
        } catch (error) {
          if (isDuplicateKey(error)) return 'stale';
          const met = causeOf(error);
          if (isDuplicateKey(met)) return 'stale';
          if (!metAnother(met) || tries === TRIES) throw error;
        }
      }
    },

    publications,
  };
}

/** A commit whose end is not known is asked for again: the server knows what became of it. */
async function commit(session: ClientSession): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      const unknown =
        error instanceof MongoError && error.hasErrorLabel(MongoErrorLabel.UnknownTransactionCommitResult);
      if (!unknown || tries === TRIES) throw error;
    }
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** Whether a transaction ended for another's sake, without a change. */
function metAnother(error: unknown): boolean {
  return error instanceof MongoError && error.hasErrorLabel(MongoErrorLabel.TransientTransactionError);
}

import type { Collection } from 'mongodb';
import type { RuleVersionStore, StoredVersion } from '../../../rules/version-store.js';
import type { Connection } from '../connection.js';
import { COLLECTIONS } from '../indexes.js';
import { inserted } from './inserted.js';

interface VersionDocument {
  /** Rule set and version: the database lets only one of them be. */
  readonly _id: string;
  readonly ruleSet: string;
  readonly version: number;
  /** JSON: keys in rule documents are not bound to what MongoDB allows. */
  readonly json: string;
}

/** The versions of rule sets. */
export function versionsOn(
  connection: Connection,
): Pick<RuleVersionStore, 'create' | 'get' | 'versions' | 'ruleSets'> {
  const collection: Collection<VersionDocument> = connection.collection(COLLECTIONS.versions);

  async function versions(
    ruleSet: string,
    limit: number,
    before: number | undefined,
  ): Promise<readonly StoredVersion[]> {
    const filter = before === undefined ? { ruleSet } : { ruleSet, version: { $lt: before } };
    const found = await connection.run(() =>
      collection.find(filter).sort({ version: -1 }).limit(limit).toArray(),
    );
    return found.map(({ json }) => JSON.parse(json) as StoredVersion);
  }

  return {
    async create(version, expectedLatest) {
      const { ruleSet } = version;
      const [latest] = await versions(ruleSet, 1, undefined);
      if ((latest?.version ?? 0) !== expectedLatest || version.version !== expectedLatest + 1) return 'stale';
      const document = {
        _id: `${ruleSet}/${version.version}`,
        ruleSet,
        version: version.version,
        json: JSON.stringify(version),
      };
      return (await inserted(connection, () => collection.insertOne(document))) ? 'created' : 'stale';
    },

    async get(ruleSet, version) {
      const found = await connection.run(() => collection.findOne({ _id: `${ruleSet}/${version}` }));
      return found ? (JSON.parse(found.json) as StoredVersion) : undefined;
    },

    versions,

    async ruleSets() {
      const latest = [{ $group: { _id: '$ruleSet', latest: { $max: '$version' } } }, { $sort: { _id: 1 } }];
      const found = await connection.run(() =>
        collection.aggregate<{ _id: string; latest: number }>(latest).toArray(),
      );
      return found.map((one) => ({ ruleSet: one._id, latest: one.latest }));
    },
  };
}

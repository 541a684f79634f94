import type { Collection } from 'mongodb';
import type {
  Activation,
  Layout,
  Publication,
  RuleVersionStore,
  StoredVersion,
} from '../../rules/version-store.js';
import type { Connection } from './connection.js';
import { isDuplicateKey } from './errors.js';
import { COLLECTIONS } from './indexes.js';

interface VersionDocument {
  /** Rule set and version: the database lets only one of them be. */
  readonly _id: string;
  readonly ruleSet: string;
  readonly version: number;
  /** JSON: keys in rule documents are not bound to what MongoDB allows. */
  readonly json: string;
}

/** What is active is what the newest publication says: one document changes both. */
interface PublicationDocument extends Publication {
  /** Rule set and revision: of publishers that race exactly one wins. */
  readonly _id: string;
}

interface LayoutDocument {
  readonly _id: string;
  readonly json: string;
}

/** Rule-set versions and activations on MongoDB. */
export class MongoRuleVersions implements RuleVersionStore {
  readonly #connection: Connection;
  readonly #versions: Collection<VersionDocument>;
  readonly #publications: Collection<PublicationDocument>;
  readonly #layouts: Collection<LayoutDocument>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#versions = connection.collection(COLLECTIONS.versions);
    this.#publications = connection.collection(COLLECTIONS.publications);
    this.#layouts = connection.collection(COLLECTIONS.layouts);
  }

  async create(version: StoredVersion, expectedLatest: number): Promise<'created' | 'stale'> {
    const { ruleSet } = version;
    const [latest] = await this.versions(ruleSet, 1, undefined);
    if ((latest?.version ?? 0) !== expectedLatest) return 'stale';
    const document = {
      _id: `${ruleSet}/${version.version}`,
      ruleSet,
      version: version.version,
      json: JSON.stringify(version),
    };
    return (await this.#inserted(() => this.#versions.insertOne(document))) ? 'created' : 'stale';
  }

  async get(ruleSet: string, version: number): Promise<StoredVersion | undefined> {
    const found = await this.#connection.run(() => this.#versions.findOne({ _id: `${ruleSet}/${version}` }));
    return found ? (JSON.parse(found.json) as StoredVersion) : undefined;
  }

  async versions(
    ruleSet: string,
    limit: number,
    before: number | undefined,
  ): Promise<readonly StoredVersion[]> {
    const filter = before === undefined ? { ruleSet } : { ruleSet, version: { $lt: before } };
    const found = await this.#connection.run(() =>
      this.#versions.find(filter).sort({ version: -1 }).limit(limit).toArray(),
    );
    return found.map(({ json }) => JSON.parse(json) as StoredVersion);
  }

  async ruleSets(): Promise<readonly { readonly ruleSet: string; readonly latest: number }[]> {
    const found = await this.#connection.run(() =>
      this.#versions
        .aggregate<{
          _id: string;
          latest: number;
        }>([{ $group: { _id: '$ruleSet', latest: { $max: '$version' } } }, { $sort: { _id: 1 } }])
        .toArray(),
    );
    return found.map(({ _id, latest }) => ({ ruleSet: _id, latest }));
  }

  async activations(): Promise<readonly Activation[]> {
    const found = await this.#connection.run(() =>
      this.#publications
        .aggregate<{ _id: string; version: number; revision: number }>([
          { $sort: { ruleSet: 1, revision: -1 } },
          { $group: { _id: '$ruleSet', version: { $first: '$to' }, revision: { $first: '$revision' } } },
          { $sort: { _id: 1 } },
        ])
        .toArray(),
    );
    return found.map(({ _id, version, revision }) => ({ ruleSet: _id, version, revision }));
  }

  async publish(publication: Publication): Promise<'published' | 'stale'> {
    const { ruleSet, revision } = publication;
    const [latest] = await this.publications(ruleSet, 1, undefined);
    if ((latest?.revision ?? 0) !== revision - 1) return 'stale';
    const document = { _id: `${ruleSet}/${revision}`, ...publication };
    return (await this.#inserted(() => this.#publications.insertOne(document))) ? 'published' : 'stale';
  }

  async publications(
    ruleSet: string,
    limit: number,
    before: number | undefined,
  ): Promise<readonly Publication[]> {
    const filter = before === undefined ? { ruleSet } : { ruleSet, revision: { $lt: before } };
    const found = await this.#connection.run(() =>
      this.#publications
        .find(filter, { projection: { _id: 0 } })
        .sort({ revision: -1 })
        .limit(limit)
        .toArray(),
    );
    return found;
  }

  async putLayout(layout: Layout): Promise<void> {
    const document = { _id: layout.id, json: JSON.stringify(layout) };
    await this.#inserted(() => this.#layouts.insertOne(document));
  }

  async layout(id: string): Promise<Layout | undefined> {
    const found = await this.#connection.run(() => this.#layouts.findOne({ _id: id }));
    return found ? (JSON.parse(found.json) as Layout) : undefined;
  }

  /** False when the id is taken. */
  async #inserted(insert: () => Promise<unknown>): Promise<boolean> {
    return await this.#connection.run(async () => {
      try {
        await insert();
        return true;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    });
  }
}

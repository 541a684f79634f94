import type { Collection } from 'mongodb';
import type { Evidence } from '../../../rules/publish/evidence.js';
import type { Draft, Layout, RuleVersionStore } from '../../../rules/version-store.js';
import type { Connection } from '../connection.js';
import { COLLECTIONS } from '../indexes.js';
import { inserted } from './inserted.js';
import { publicationsOn } from './publications.js';
import { versionsOn } from './versions.js';

/** What is small and looked up by its id; as JSON, since keys in rule documents are not bound to what MongoDB allows. */
interface JsonDocument {
  readonly _id: string;
  readonly json: string;
}

interface EvidenceDocument extends JsonDocument {
  readonly ruleSet: string;
  readonly version: number;
  readonly number: number;
}

interface DraftDocument extends JsonDocument {
  readonly revision: number;
}

/** What is left of a draft that is gone, with its revision: the next one goes on from there. */
const GONE = '';
const THERE = { $ne: GONE };

/** Rule-set versions, where they stand, and what speaks for them, on MongoDB. */
export function mongoRules(connection: Connection): RuleVersionStore {
  return {
    ...versionsOn(connection),
    ...publicationsOn(connection),
    ...evidenceOn(connection),
    ...draftsOn(connection),
    ...layoutsOn(connection),
  };
}

function evidenceOn(connection: Connection): Pick<RuleVersionStore, 'addEvidence' | 'evidence'> {
  const collection: Collection<EvidenceDocument> = connection.collection(COLLECTIONS.evidence);
  async function evidence(ruleSet: string, version: number): Promise<readonly Evidence[]> {
    const found = await connection.run(() =>
      collection.find({ ruleSet, version }).sort({ number: 1 }).toArray(),
    );
    return found.map(({ json }) => JSON.parse(json) as Evidence);
  }
  return {
    async addEvidence(piece) {
      const { ruleSet, version, number } = piece;
      if ((await evidence(ruleSet, version)).length !== number - 1) return 'stale';
      const _id = `${ruleSet}/${version}/${number}`;
      const document = { _id, ruleSet, version, number, json: JSON.stringify(piece) };
      return (await inserted(connection, () => collection.insertOne(document))) ? 'added' : 'stale';
    },
    evidence,
  };
}

function draftsOn(
  connection: Connection,
): Pick<RuleVersionStore, 'putDraft' | 'draft' | 'drafts' | 'removeDraft'> {
  const collection: Collection<DraftDocument> = connection.collection(COLLECTIONS.drafts);
  return {
    async putDraft(draft, before) {
      const { ruleSet: _id } = draft;
      const gone =
        before === 0 ? await connection.run(() => collection.findOne({ _id, json: GONE })) : undefined;
      const last = gone?.revision ?? before;
      const revision = last + 1;
      const document = { _id, revision, json: JSON.stringify({ ...draft, revision }) };
      if (last === 0)
        return (await inserted(connection, () => collection.insertOne(document))) ? revision : 'stale';
      const place = { _id, revision: last, json: before === 0 ? GONE : THERE };
      const { matchedCount } = await connection.run(() => collection.replaceOne(place, document));
      return matchedCount === 1 ? revision : 'stale';
    },
    async draft(ruleSet) {
      const found = await connection.run(() => collection.findOne({ _id: ruleSet, json: THERE }));
      return found ? (JSON.parse(found.json) as Draft) : undefined;
    },
    async drafts() {
      const found = await connection.run(() => collection.find({ json: THERE }).sort({ _id: 1 }).toArray());
      return found.map(({ json }) => JSON.parse(json) as Draft);
    },
    async removeDraft(ruleSet, revision) {
      const { matchedCount } = await connection.run(() =>
        collection.updateOne({ _id: ruleSet, revision, json: THERE }, { $set: { json: GONE } }),
      );
      return matchedCount === 1 ? 'removed' : 'stale';
    },
  };
}

function layoutsOn(connection: Connection): Pick<RuleVersionStore, 'putLayout' | 'layout'> {
  const collection: Collection<JsonDocument> = connection.collection(COLLECTIONS.layouts);
  return {
    async putLayout(layout) {
      const document = { _id: layout.id, json: JSON.stringify(layout) };
      await inserted(connection, () => collection.insertOne(document));
    },
    async layout(id) {
      const found = await connection.run(() => collection.findOne({ _id: id }));
      return found ? (JSON.parse(found.json) as Layout) : undefined;
    },
  };
}

import { LRUCache } from 'lru-cache';
import type { RuleVersionStore } from '../../rules/version-store.js';
import type { Stages, VersionRef } from '../../rules/versions/stages.js';
import { listsRead, type ReadersOfList } from './lists-read.js';
import type { ListReader } from './readers.js';

/** Versions whose reading of lists is remembered: it never changes. */
const REMEMBERED = 1000;
/** Of each rule set. */
const VERSIONS = 100;

const NOBODY: ReadersOfList = { rules: [], limits: [] };

/** Who reads lists. */
export interface ListReaders {
  /** What has a stage now and reads a list. */
  of(list: string): Promise<readonly ListReader[]>;
  /** What reads a list in the last versions that decided, by rule set; the same one may come several times. */
  everOf(list: string): Promise<readonly (ReadersOfList & Pick<VersionRef, 'ruleSet'>)[]>;
  /** What of a version reads a list. */
  within(list: string, version: VersionRef): Promise<ReadersOfList>;
}

/** Finds out by the documents of versions. */
export function createListReaders(versions: Pick<RuleVersionStore, 'get'>, stages: Stages): ListReaders {
  const remembered = new LRUCache<string, ReadonlyMap<string, ReadersOfList>>({ max: REMEMBERED });

  async function readBy({ ruleSet, version }: VersionRef): Promise<ReadonlyMap<string, ReadersOfList>> {
    const key = `${ruleSet}/${version}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const stored = await versions.get(ruleSet, version);
    const read = stored === undefined ? new Map<string, ReadersOfList>() : listsRead(stored.document);
    if (stored !== undefined) remembered.set(key, read);
    return read;
  }

  return {
    async of(list) {
      const found: ListReader[] = [];
      for (const staged of await stages.now()) {
        const readers = (await readBy(staged)).get(list);
        if (readers !== undefined) found.push({ ...staged, ...readers });
      }
      return found;
    },
    async everOf(list) {
      const found: (ReadersOfList & Pick<VersionRef, 'ruleSet'>)[] = [];
      for (const version of await stages.everInForce(VERSIONS)) {
        const readers = (await readBy(version)).get(list);
        if (readers !== undefined) found.push({ ruleSet: version.ruleSet, ...readers });
      }
      return found;
    },
    within: async (list, version) => (await readBy(version)).get(list) ?? NOBODY,
  };
}

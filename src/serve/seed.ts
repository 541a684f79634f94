import { LIST_KINDS, LIST_TYPES, type ListKind, type ListType } from '../facts/list-store.js';
import type { ListsService } from '../facts/lists-service.js';
import { ConfigProblem } from '../config/config.js';
import { TollgateError } from '../errors/errors.js';
import type { RuleSets } from '../rules/rule-sets.js';
import type { ShippedRules } from './assets.js';

const ACTOR = 'shipped';
const BATCH = 1000;

/**
 * Puts lists and rule sets into an empty store and makes them active. Several instances may do so at once: what another
 * has put there already is left alone. Returns the names of the rule sets made active here.
 */
export async function seed(
  shipped: ShippedRules,
  ruleSets: RuleSets,
  lists: ListsService,
): Promise<string[]> {
  for (const list of shipped.lists) {
    const type = LIST_TYPES.find((known) => known === list.type);
    const kind = LIST_KINDS.find((known) => known === list.kind);
    if (type === undefined || kind === undefined)
      throw new ConfigProblem(
        `lists.json: list '${list.id}' has type '${list.type}' and kind '${list.kind}'`,
      );
    await seedList(lists, { ...list, type, kind }, list.entries);
  }
  const activated: string[] = [];
  for (const { file, text } of shipped.documents) {
    try {
      const { version } = await ruleSets.create({
        document: text,
        author: ACTOR,
        comment: 'shipped',
        expectedLatestHash: '',
      });
      if (version.version !== 1) continue;
      await ruleSets.activate({
        ruleSet: version.ruleSet,
        version: 1,
        actor: ACTOR,
        reason: 'shipped with Tollgate, active on an empty store',
        revision: 0,
      });
      activated.push(version.ruleSet);
    } catch (error) {
      if (!(error instanceof TollgateError)) throw error;
      if (error.code === 'STALE_ETAG') continue;
      throw new ConfigProblem(`${file}: ${error.message}`);
    }
  }
  return activated;
}

async function seedList(
  lists: ListsService,
  list: {
    readonly id: string;
    readonly type: ListType;
    readonly kind: ListKind;
    readonly description: string;
    readonly owner: string;
  },
  values: readonly string[],
): Promise<void> {
  const { id, type, kind, description, owner } = list;
  const { revision } = await lists.create({ id, type, kind, description, owner });
  if (values.length === 0 || revision > 0) return;
  async function* batches() {
    for (let from = 0; from < values.length; from += BATCH)
      yield values.slice(from, from + BATCH).map((value) => ({
        value,
        reason: ACTOR,
        actor: ACTOR,
        source: ACTOR,
        validFrom: undefined,
        validUntil: undefined,
      }));
  }
  await lists.import({ list: id, replace: false, dryRun: false, actor: ACTOR, source: ACTOR }, batches());
}

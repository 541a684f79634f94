import type { ListsService } from '../facts/lists/lists-service.js';
import { ConfigProblem } from '../config/config.js';
import { TollgateError } from '../errors/errors.js';
import { SHIPPED } from '../rules/publish/evidence.js';
import type { RuleSetInfo } from '../rules/rule-set-info.js';
import type { RuleSets } from '../rules/rule-sets.js';
import type { FilledList, ShippedRules } from './assets.js';

const ACTOR = SHIPPED;
const WHY = 'shipped with Tollgate, active on an empty store';
const BATCH = 1000;
const PAGE = 100;

/**
 * Puts lists and rule sets into an empty store and makes them active; goes on where an earlier start was cut off. Every
 * version is stored before the first becomes active, so that a store in which nothing was ever active is an empty one.
 * Several instances may do so at once. Returns the names of the rule sets made active here, with those of `activated`
 * from a try before.
 */
export async function seed(
  shipped: () => ShippedRules,
  ruleSets: RuleSets,
  lists: ListsService,
  activated: string[] = [],
): Promise<string[]> {
  const known = await allRuleSets(ruleSets);
  if (known.every(({ revision }) => revision === 0)) await store(shipped(), ruleSets, lists);
  for (const { id, revision, latestVersion } of await allRuleSets(ruleSets)) {
    if (revision > 0 || latestVersion !== 1) continue;
    const { info } = await ruleSets.version(id, 1);
    if (info.author !== ACTOR) continue;
    const said = { ruleSet: id, version: 1, actor: ACTOR };
    try {
      await ruleSets.waive({ ...said, comment: WHY, waives: ['cases', 'backtest', 'approval'] });
      await ruleSets.activate({ ...said, scope: 'all', reason: WHY, revision: 0 });
      activated.push(id);
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof TollgateError && error.code === 'STALE_ETAG')) throw error;
    }
  }
  return activated;
}

async function store(shipped: ShippedRules, ruleSets: RuleSets, lists: ListsService): Promise<void> {
  for (const list of shipped.lists) await seedList(lists, list);
  for (const { file, text } of shipped.documents) {
    try {
      await ruleSets.create({
        document: text,
        cases: '',
        lists: '',
        author: ACTOR,
        editors: [],
        comment: ACTOR,
        expectedLatestHash: '',
      });
    } catch (error) {
      if (!(error instanceof TollgateError)) throw error;
      if (error.code === 'RULE_SET_INVALID') throw new ConfigProblem(`${file}: ${error.message}`);
      if (error.code !== 'STALE_ETAG') throw error;
    }
  }
}

async function allRuleSets(ruleSets: RuleSets): Promise<readonly RuleSetInfo[]> {
  const all: RuleSetInfo[] = [];
  let token = '';
  do {
    const { items, next } = await ruleSets.list({ size: PAGE, token });
    all.push(...items);
    token = next;
  } while (token !== '');
  return all;
}

async function seedList(lists: ListsService, { entries: values, ...list }: FilledList): Promise<void> {
  const { id } = list;
  const { revision } = await lists.create(list, { actor: ACTOR, reason: '' });
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
  try {
    // As a replacement it is refused as a whole when an entry is invalid.
    await lists.import({ list: id, replace: true, dryRun: false, actor: ACTOR, source: ACTOR }, batches());
  } catch (error) {
    if (error instanceof TollgateError && error.code === 'INVALID_REQUEST')
      throw new ConfigProblem(`lists.json: list '${id}': ${error.message}`);
    throw error;
  }
}

import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import type { ListsService } from '../facts/lists/lists-service.js';
import type { createListValueReader } from '../facts/lists/normalise-value.js';
import type { RuleSets } from '../rules/rule-sets.js';
import { readShippedRules, SHIPPED, type ShippedRules } from './assets.js';
import { checkLists } from './check-lists.js';
import type { Patient } from './patiently.js';
import { seed } from './seed.js';

/** What seeding needs beside the rule sets. */
export interface SeedParts {
  readonly config: Config;
  readonly patient: Patient;
  readonly lists: ListsService;
  readonly readValue: ReturnType<typeof createListValueReader>;
  readonly log: Logger;
}

/** Puts the configured rule sets and lists into a store that is empty; the names of those made active. */
export async function seedWhenEmpty(
  { config, patient, lists, readValue, log }: SeedParts,
  ruleSets: RuleSets,
): Promise<string[]> {
  if (config.rules === 'none') return [];
  const shipped = (): ShippedRules => checkLists(readShippedRules(config.rules || SHIPPED), readValue);
  const seeded: string[] = [];
  await patient(() => seed(shipped, ruleSets, lists, seeded));
  if (seeded.length > 0) log.info({ ruleSets: seeded }, 'the store was empty: shipped rule sets are active');
  else if (config.rules !== '')
    log.info({ rules: config.rules }, 'the store has rule sets: those of the folder were left alone');
  return seeded;
}

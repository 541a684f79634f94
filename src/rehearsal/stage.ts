import { Pipeline } from '../decisions/pipeline.js';
import type { LimitTerms } from '../decisions/limit-holds.js';
import type { Observer } from '../decisions/observer.js';
import type { Journal } from '../decisions/ports.js';
import { createAttributeHash } from '../facts/attribute-values.js';
import type { Bins } from '../facts/bins.js';
import { createPaymentResolver, instrumentDigest } from '../facts/context.js';
import { createKeyHash } from '../facts/key-hash.js';
import { ListIndex } from '../facts/list-index.js';
import { createListValueReader } from '../facts/normalise-list-value.js';
import { createPhoneReader } from '../facts/normalise-phone.js';
import { periodEnd, periodName, periodStart } from '../facts/velocity/calendar.js';
import { toBaseMinor } from '../money/rates.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import type { RuleSetVersion } from '../rules/program.js';
import type { Layout } from '../rules/version-store.js';
import type { CaseFile, ListsForm } from './case-file.js';
import { fillLists, type RehearsalList } from './fixture-lists.js';
import { geographyOf, placesOf, ratesOf } from './fixtures.js';
import { createManualWorld, type ManualWorld } from './manual-world.js';
import { createMemoryJournal } from './memory-journal.js';
import { createMemoryLimits } from './memory-limits.js';
import { messageOf } from '../errors/error-text.js';

/** The live pipeline on a stage: everything around it is in memory and stands still. */
export interface Stage {
  readonly pipeline: Pipeline;
  readonly world: ManualWorld;
  readonly journal: Journal;
  readonly layout: Layout;
  /** Facts that could not be read, and other troubles: bugs. */
  readonly troubles: readonly string[];
}

/** What a stage is set with. */
export interface StageOptions {
  readonly versions: readonly RuleSetVersion[];
  readonly catalogue: FactCatalogue;
  readonly lists: readonly RehearsalList[];
  readonly fixtures: CaseFile;
  /** Lists of the one case. */
  readonly more: ListsForm | undefined;
}

const WINDOW_BYTES = 16 * 1024 * 1024;
const LAPSE_MS = 30 * 60_000;
const IN_FLIGHT = 16;

/** Notes what would go to the log of a live service. */
function noting(troubles: string[]): Observer {
  const note = (what: string, error: unknown): void => void troubles.push(`${what}: ${messageOf(error)}`);
  return {
    decided: () => undefined,
    recorded: () => undefined,
    failed: () => undefined,
    round: () => undefined,
    factFailed: (fact, error) => note(`the fact ${fact} could not be read`, error),
  };
}
const NO_BINS: Bins = { ranges: 0, find: () => undefined };

/** Sets a stage: same pipeline, windows, lists and compiled rules as live. Throws CaseProblem for bad fixtures. */
export function setStage(options: StageOptions): Stage {
  const { catalogue, fixtures } = options;
  const troubles: string[] = [];
  const world = createManualWorld();
  const journal = createMemoryJournal();
  const hash = createKeyHash(journal.hashKey);
  const readPhone = createPhoneReader();
  const rates = ratesOf(fixtures.rates);
  const resolve = createPaymentResolver({
    hash,
    readPhone,
    geography: geographyOf(fixtures.ipCountries ?? {}),
    bins: NO_BINS,
    rates,
    ...placesOf(fixtures),
  });
  const base = (minor: number, currency: string): number | undefined => toBaseMinor(minor, currency, rates);
  const pipeline = new Pipeline(
    {
      journal,
      limits: createMemoryLimits(),
      lists: fillLists(new ListIndex(hash), createListValueReader(readPhone), options.lists, [
        fixtures.lists ?? {},
        options.more ?? {},
      ]),
      world,
      observer: noting(troubles),
      rules: {
        catalogue,
        hash: createAttributeHash(hash, readPhone),
        windowBytes: WINDOW_BYTES,
        inFlight: IN_FLIGHT,
      },
      resolve: (payment, now) => resolve(payment, now),
      limitTerms: ({ zones, merchant }): LimitTerms => ({
        toBaseMinor: base,
        periodStart,
        periodEnd,
        periodName,
        zones,
        riskGrade: merchant.riskGrade,
      }),
      toBaseMinor: base,
      instrumentDigest: (payment) => instrumentDigest(payment, hash),
      sameMessage: (_kind, a, b) => Buffer.compare(a, b) === 0,
      baseCurrency: rates.base,
      lapseMs: LAPSE_MS,
      skewMs: Infinity,
      onSkew: 'flag',
      maxInFlight: IN_FLIGHT,
      longestRange: Infinity,
    },
    new Map(),
    options.versions,
  );
  return { pipeline, world, journal, layout: pipeline.layout, troubles };
}

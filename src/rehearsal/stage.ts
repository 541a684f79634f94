import { Pipeline } from '../decisions/pipeline/pipeline.js';
import { NO_SHADOWS, type Shadowing } from '../decisions/shadow/shadowing.js';
import { NO_CONTROLS, type ControlLookup } from '../decisions/control/control-index.js';
import { NO_SNOOZES, type SnoozeLookup } from '../decisions/evaluate/snoozes.js';
import type { Observer } from '../decisions/observer.js';
import type { Journal, LimitStore } from '../decisions/ports.js';
import { createAttributeHash } from '../facts/attributes/values.js';
import { NO_BINS } from '../facts/geography/bins.js';
import { createPaymentResolver, instrumentDigest } from '../facts/context.js';
import { createKeyHash } from '../facts/attributes/key-hash.js';
import { ListIndex } from '../facts/lists/list-index.js';
import { createListValueReader } from '../facts/lists/normalise-value.js';
import { createPhoneReader } from '../facts/normalise/phone.js';
import { toBaseMinor } from '../money/rates.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import type { RuleSetVersion } from '../rules/program.js';
import { allActive, arrange } from '../rules/publish/arrangement.js';
import type { Layout } from '../rules/version-store.js';
import type { CaseFile, ListsForm } from './case-file.js';
import { fillLists, type RehearsalList } from './fixture-lists.js';
import { geographyOf, placesOf, ratesOf } from './fixtures.js';
import { createManualWorld, type ManualWorld } from './manual-world.js';
import { createMemoryJournal } from './memory-journal.js';
import { createMemoryLimits } from './memory-limits.js';
import { NO_PINS, withPins, type Pins } from './pins.js';
import { messageOf } from '../errors/error-text.js';

/** The live pipeline on a stage: everything around it is in memory and stands still. */
export interface Stage {
  readonly pipeline: Pipeline;
  readonly world: ManualWorld;
  readonly journal: Journal;
  readonly limits: LimitStore;
  readonly layout: Layout;
  /** Gives facts by hand, and what of limits was used before, until it is called again. */
  pin(pins: Pins, used: UsedBefore): void;
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
  /** Default: nothing is snoozed. */
  readonly snoozes?: SnoozeLookup;
  /** Default: nothing is let go. */
  readonly controls?: ControlLookup;
  readonly bounds?: Partial<StageBounds>;
  /** Takes shadow work; default: nobody. */
  readonly shadowing?: Shadowing;
}

/** What a live service bounds too. */
export interface StageBounds {
  /** Calls under way at most; default 16. */
  readonly inFlight: number;
  /** Memory for the windows, bytes; default 16 MiB. */
  readonly windowBytes: number;
  /** Events of a window that a round waits for at most; default: all. */
  readonly longestRange: number;
  /** Batches the store takes at once; default 1. */
  readonly appendsInFlight: number;
}

const BOUNDS: StageBounds = {
  inFlight: 16,
  windowBytes: 16 * 1024 * 1024,
  longestRange: Infinity,
  appendsInFlight: 1,
};
const LAPSE_MS = 30 * 60_000;

/** What of limits had been used, by `limit` or `set/limit`: minor units of the base currency. */
export type UsedBefore = ReadonlyMap<string, number>;

/** A counter is named `set/limit/key/period`. */
function usedOf(counter: string, used: UsedBefore): number {
  const [ruleSet = '', limit = ''] = counter.split('/');
  return used.get(`${ruleSet}/${limit}`) ?? used.get(limit) ?? 0;
}

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

/** Sets a stage: same pipeline, windows, lists and compiled rules as live. Throws CaseProblem for bad fixtures. */
export function setStage(options: StageOptions): Stage {
  const { catalogue, fixtures } = options;
  const { inFlight, windowBytes, longestRange, appendsInFlight } = { ...BOUNDS, ...options.bounds };
  const troubles: string[] = [];
  const world = createManualWorld();
  const journal = createMemoryJournal(appendsInFlight);
  let pins = NO_PINS;
  let used: UsedBefore = new Map();
  const limits = createMemoryLimits((counter) => usedOf(counter, used));
  const hash = createKeyHash(journal.hashKey);
  const readPhone = createPhoneReader();
  const rates = ratesOf(fixtures);
  const resolve = createPaymentResolver({
    hash,
    readPhone,
    geography: geographyOf(fixtures.ipCountries ?? {}),
    bins: NO_BINS,
    rates,
    ...placesOf(fixtures),
  });
  const pipeline = new Pipeline(
    {
      journal,
      limits,
      lists: fillLists(new ListIndex(hash), createListValueReader(readPhone), options.lists, [
        fixtures.lists ?? {},
        options.more ?? {},
      ]),
      world,
      observer: noting(troubles),
      snoozes: options.snoozes ?? NO_SNOOZES,
      controls: options.controls ?? NO_CONTROLS,
      shadowing: options.shadowing ?? NO_SHADOWS,
      rules: {
        catalogue,
        hash: createAttributeHash(hash, readPhone),
        planned: (plan, slots) => withPins(plan, slots, () => pins),
      },
      windowBytes,
      resolve: (payment, now) => resolve(payment, now),
      toBaseMinor: (minor, currency) => toBaseMinor(minor, currency, rates),
      instrumentDigest: (payment) => instrumentDigest(payment, hash),
      sameMessage: (_kind, a, b) => Buffer.compare(a, b) === 0,
      baseCurrency: rates.base,
      lapseMs: LAPSE_MS,
      skewMs: Infinity,
      onSkew: 'flag',
      maxInFlight: inFlight,
      longestRange,
    },
    new Map(),
    arrange(allActive(options.versions), () => ''),
  );
  const [layout] = pipeline.rules.layouts;
  if (layout === undefined) throw new Error('an arrangement always decides by something');
  return {
    pipeline,
    world,
    journal,
    limits,
    layout,
    pin(facts, before) {
      pins = facts;
      used = before;
    },
    troubles,
  };
}

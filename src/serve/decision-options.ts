import type { Config } from '../config/config.js';
import type { DecisionServiceOptions } from '../decisions/decision-service.js';
import type { ControlLookup } from '../decisions/control/control-index.js';
import type { SnoozeLookup } from '../decisions/evaluate/snoozes.js';
import type { Observer } from '../decisions/observer.js';
import type { Journal, LimitStore } from '../decisions/ports.js';
import type { Shadowing } from '../decisions/shadow/shadowing.js';
import { TollgateError } from '../errors/errors.js';
import { createAttributeHash } from '../facts/attributes/values.js';
import { FACT_CATALOGUE } from '../facts/catalogue.js';
import { createPaymentResolver, instrumentDigest, type PaymentResolver } from '../facts/context.js';
import type { KeyHash } from '../facts/attributes/key-hash.js';
import type { ListsService } from '../facts/lists/lists-service.js';
import type { createPhoneReader } from '../facts/normalise/phone.js';
import { toBaseMinor } from '../money/rates.js';
import type { RuleVersionStore } from '../rules/version-store.js';
import { provenanceFrom } from '../rules/versions/provenance.js';
import { sameMessage } from '../server/grpc/same-message.js';
import type { Sites } from '../sites/site-service.js';
import type { World } from '../world/world.js';
import type { Assets } from './assets.js';
import { listMemberships } from './list-memberships.js';
import { FOLLOW_MS } from './background.js';

/** What nobody configures, but tests may make small. */
export interface Tuning {
  /** Events of a window that a round of decisions waits for at most. */
  readonly longestRange: number;
  /** Decisions that may wait for their shadow. */
  readonly shadowRoom: number;
  /** Differences of live and shadow that are stored in a second at most. */
  readonly shadowDifferences: number;
  /** How often it is looked for what other instances changed, ms. */
  readonly followMs: number;
  /** Whether the store is asked to tell of that, too. */
  readonly watchChanges: boolean;
}

/** Some milliseconds of reading; some tens of MB; as much as some hundred decisions take on disk. */
export const TUNING: Tuning = {
  longestRange: 4096,
  shadowRoom: 4096,
  shadowDifferences: 1000,
  followMs: FOLLOW_MS,
  watchChanges: true,
};

/** What the decisions are put together from. */
export interface DecisionSources {
  readonly config: Config;
  readonly tuning: Tuning;
  readonly world: World;
  readonly assets: Assets;
  readonly store: {
    readonly journal: Journal;
    readonly limits: LimitStore;
    readonly rules: RuleVersionStore;
  };
  readonly sites: Sites;
  readonly lists: ListsService;
  readonly snoozes: SnoozeLookup;
  readonly controls: ControlLookup;
  readonly observer: Observer;
  readonly shadowing: Shadowing;
  readonly hash: KeyHash;
  readonly readPhone: ReturnType<typeof createPhoneReader>;
}

/** Ties the decisions to the store, the facts and the configuration. */
export function decisionOptions(parts: DecisionSources): DecisionServiceOptions {
  const { config, tuning, world, store, lists, observer, shadowing, hash, readPhone } = parts;
  const { rates } = parts.assets;
  const attributeOf = createAttributeHash(hash, readPhone);
  const resolve = resolver(parts);
  return {
    journal: store.journal,
    limits: store.limits,
    versions: store.rules,
    provenance: provenanceFrom(store.rules, (site) => parts.sites.siteOf(site).site.group),
    lists,
    world,
    observer,
    catalogue: FACT_CATALOGUE,
    attributeOf,
    snoozes: parts.snoozes,
    controls: parts.controls,
    shadowing,
    rules: {
      catalogue: FACT_CATALOGUE,
      hash: attributeOf,
      references: parts.assets.references,
    },
    windowBytes: config.windowBytes,
    resolve: strict(resolve, config),
    membership: listMemberships(resolve, lists),
    toBaseMinor: (minor, currency) => toBaseMinor(minor, currency, rates),
    instrumentDigest: (payment) => instrumentDigest(payment, hash),
    sameMessage,
    baseCurrency: rates.base,
    lapseMs: config.lapseMs,
    skewMs: config.skewMs,
    onSkew: config.onSkew,
    maxInFlight: config.maxInFlight,
    longestRange: tuning.longestRange,
  };
}

function resolver({ assets, sites, hash, readPhone }: DecisionSources): PaymentResolver {
  return createPaymentResolver({
    hash,
    readPhone,
    geography: assets.geography,
    bins: assets.bins,
    rates: assets.rates,
    siteOf: (id) => sites.siteOf(id),
    merchantOf: (id, site) => sites.merchantOf(id, site),
  });
}

/** Refuses payments of unknown sites where sites are strict. */
function strict(resolve: PaymentResolver, { sites }: Pick<Config, 'sites'>): PaymentResolver {
  return (payment, now) => {
    const context = resolve(payment, now);
    if (sites === 'strict' && !context.siteKnown)
      throw new TollgateError('SITE_UNKNOWN', `site ${payment.site} is not configured, and sites are strict`);
    return context;
  };
}

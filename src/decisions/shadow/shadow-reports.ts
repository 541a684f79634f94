import { TollgateError } from '../../errors/errors.js';
import { badPageToken, decodeToken, encodeToken } from '../../paging/paging.js';
import { knownVersion } from '../../rules/known-versions.js';
import { scopeText, type Scope } from '../../rules/publish/scope.js';
import { addShadowTally, createShadowTally, type ShadowTally } from '../../rules/publish/shadow-tally.js';
import type { RuleVersionStore } from '../../rules/version-store.js';
import type {
  DecisionDifference,
  DifferenceFilter,
  DifferencePlace,
  ShadowRun,
  ShadowStore,
  StoredRun,
} from './shadow-store.js';

/** A version, and which of its runs. */
export interface RunRef {
  readonly ruleSet: string;
  readonly version: number;
  /** undefined: wherever it ran last. */
  readonly scope: Scope | undefined;
  /** The revision that began it; undefined: the newest. */
  readonly since: number | undefined;
}

/** A run, and whether it goes on. */
export interface KnownRun extends ShadowRun {
  readonly running: boolean;
  /** Epoch ms; undefined: nothing was added yet. */
  readonly lastAt: number | undefined;
  readonly kept: number;
  readonly left: number;
}

/** What would have changed. */
export interface ShadowReport {
  readonly run: KnownRun;
  readonly total: ShadowTally;
  /** By the version of the rule set that decided, the newest first. */
  readonly against: readonly { readonly version: number; readonly tally: ShadowTally }[];
  readonly baseCurrency: string;
}

/** Says what shadows said. All methods throw TollgateError: RULE_SET_NOT_FOUND, VERSION_NOT_FOUND, NOT_STAGED. */
export interface ShadowReports {
  /** Event times, epoch ms, by whole hours: every hour that begins before `to` and ends after `from`. */
  report(ref: RunRef, from: number | undefined, to: number | undefined): Promise<ShadowReport>;
  /** Newest first; `next` is empty at the end. */
  differences(
    ref: RunRef,
    filter: DifferenceFilter,
    page: { readonly size: number; readonly token: string },
  ): Promise<{
    readonly run: KnownRun;
    readonly baseCurrency: string;
    readonly items: readonly DecisionDifference[];
    readonly next: string;
  }>;
}

const HOUR_MS = 3_600_000;

/** Reports over a store. */
export function createShadowReports(options: {
  readonly store: Pick<ShadowStore, 'runs' | 'buckets' | 'differences'>;
  readonly versions: RuleVersionStore;
  readonly baseCurrency: string;
}): ShadowReports {
  const { store, versions, baseCurrency } = options;

  async function runOf({ ruleSet, version, scope, since }: RunRef): Promise<KnownRun> {
    await knownVersion(versions, ruleSet, version);
    const here = (run: ShadowRun): boolean =>
      (scope === undefined || run.scope === scope) && (since === undefined || run.since === since);
    const now = (await versions.stagesOf(ruleSet)).filter(
      (staged) => staged.stage === 'shadow' && staged.version === version,
    );
    const stored = await store.runs(ruleSet, version);
    const [newest] = [...now, ...stored].filter(here).toSorted((a, b) => b.since - a.since);
    if (newest === undefined) throw neverRan(ruleSet, version, scope, since);
    const of = { ruleSet, version, scope: newest.scope, since: newest.since };
    const same = (run: ShadowRun): boolean => run.scope === of.scope && run.since === of.since;
    const known: StoredRun | undefined = stored.find(same);
    return {
      ...of,
      running: now.some(same),
      lastAt: known?.lastAt,
      kept: known?.kept ?? 0,
      left: known?.left ?? 0,
    };
  }

  return {
    async report(ref, from = -Infinity, to = Infinity) {
      const run = await runOf(ref);
      const total = createShadowTally();
      const against = new Map<number, ShadowTally>();
      const firstHour = from === -Infinity ? from : Math.floor(from / HOUR_MS) * HOUR_MS;
      for await (const buckets of store.buckets(run, firstHour, to))
        for (const { liveVersion, tally } of buckets) {
          addShadowTally(total, tally);
          const live = against.get(liveVersion) ?? createShadowTally();
          against.set(liveVersion, live);
          addShadowTally(live, tally);
        }
      const lives = Array.from(against, ([version, tally]) => ({ version, tally }));
      return { run, total, against: lives.toSorted((a, b) => b.version - a.version), baseCurrency };
    },

    async differences(ref, filter, { size, token }) {
      const after = token === '' ? undefined : placeOf(decodeToken(token));
      const run = await runOf(ref);
      const { differences: items, next } = await store.differences(run, filter, size, after);
      const end = next === undefined ? '' : encodeToken(`${next.at} ${next.decision}`);
      return { run, baseCurrency, items, next: end };
    },
  };
}

function placeOf(key: string): DifferencePlace {
  const [, at, decision] = /^(-?\d{1,16}) ([0-9A-Za-z]{1,64})$/.exec(key) ?? [];
  if (at === undefined || decision === undefined) throw badPageToken();
  return { at: Number(at), decision };
}

function neverRan(
  ruleSet: string,
  version: number,
  scope: Scope | undefined,
  since: number | undefined,
): TollgateError {
  const where = scope === undefined ? '' : ` for ${scopeText(scope)}`;
  const which =
    since === undefined ? 'was never in shadow' : `began no run in shadow by publication ${since}`;
  return new TollgateError('NOT_STAGED', `version ${version} of ${ruleSet} ${which}${where}`);
}

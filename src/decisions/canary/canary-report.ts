import { TollgateError } from '../../errors/errors.js';
import { newestVersion } from '../../rules/known-versions.js';
import { GUARDED_RATES, totalOf, type ArmCounts, type GuardedRate } from '../../rules/publish/arm-counts.js';
import { canaryLooks, type CanaryJudgement } from '../../rules/publish/guardrails.js';
import { scopeText, type Scope } from '../../rules/publish/scope.js';
import type { Publication, RuleVersionStore } from '../../rules/version-store.js';
import { designEffect, effectiveTrials } from '../../statistics/design-effect.js';
import type { Interval } from '../../statistics/interval.js';
import { exactInterval } from '../../statistics/proportion.js';
import { quantileOf } from '../../statistics/quantile.js';
import { armsOf } from './canary-guard.js';
import type { CanaryLook, CanaryRun, CanaryStore, StoredRun } from './canary-store.js';

/** How often an interval of a rate misses. */
const ALPHA = 0.05;
/** Publications that are read at a time. */
const PAGE = 100;

/** What one version decided. */
export interface ArmReport {
  readonly decisions: number;
  readonly rates: readonly {
    readonly measure: GuardedRate;
    readonly count: number;
    /** 0 to 1. */
    readonly rate: number;
    /** At 95 %; knows that payments of one payer hang together. */
    readonly interval: Interval;
  }[];
  /** From admission to durable, microseconds. */
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number };
}

/** How a canary does, or did. */
export interface CanaryReport {
  readonly run: CanaryRun;
  /** What was active in the scope when it began; 0: what is active around it. */
  readonly stableVersion: number;
  readonly state: CanaryJudgement['state'];
  readonly stable: ArmReport;
  readonly canary: ArmReport;
  readonly latest: CanaryLook | undefined;
  /** Decisions that either version must have for the next look; 0 when it has ended. */
  readonly nextLookAt: number;
  /** undefined while it runs. */
  readonly endedBy: Publication | undefined;
}

/** Tells how canaries do. */
export interface CanaryReports {
  /**
   * Of the run that the publication `revision` began; 0: of the latest in the scope. Throws RULE_SET_NOT_FOUND and
   * CANARY_NOT_FOUND.
   */
  report(ruleSet: string, scope: Scope, revision: number): Promise<CanaryReport>;
}

/** Reports over the stores. */
export function createCanaryReports(
  canaries: CanaryStore,
  rules: Pick<RuleVersionStore, 'publications' | 'versions'>,
): CanaryReports {
  /** The publication that began a run, and the one that ended it. */
  async function lifeOf(ruleSet: string, scope: Scope, revision: number) {
    let endedBy: Publication | undefined;
    let before: number | undefined;
    do {
      const page: readonly Publication[] = await rules.publications(ruleSet, PAGE, before);
      for (const publication of page) {
        if (publication.scope !== scope) continue;
        const begins = publication.step === 'start-canary';
        if (begins && (revision === 0 || publication.revision === revision))
          return { begunBy: publication, endedBy };
        if (begins || ENDING.has(publication.step)) endedBy = publication;
      }
      before = page.length < PAGE ? undefined : page.at(-1)?.revision;
    } while (before !== undefined);
    return undefined;
  }

  /** A run of which nothing was kept is known by the log. */
  async function storedRun({ ruleSet, scope, version, revision, at, canary }: Publication) {
    const stored = await canaries.read({ ruleSet, since: revision });
    if (stored !== undefined || canary === undefined) return stored;
    const run = { ruleSet, scope, version, since: revision, sinceAt: at, settings: canary };
    return { run, latest: undefined, parts: [] } satisfies StoredRun;
  }

  return {
    async report(ruleSet, scope, revision) {
      const life = await lifeOf(ruleSet, scope, revision);
      const stored = life && (await storedRun(life.begunBy));
      if (life === undefined || stored === undefined) {
        await newestVersion(rules, ruleSet);
        const which = revision === 0 ? 'no canary' : `no canary with revision ${revision}`;
        throw new TollgateError('CANARY_NOT_FOUND', `${which} of ${ruleSet} ran at ${scopeText(scope)}`);
      }
      const { run, latest, parts } = stored;
      const { stable, canary } = armsOf(parts);
      return {
        run,
        stableVersion: life.begunBy.from,
        state: latest?.judgement.state ?? 'gathering',
        stable: armReport(stable),
        canary: armReport(canary),
        latest,
        nextLookAt:
          life.endedBy === undefined
            ? (canaryLooks((latest?.look ?? 0) + 1, run.settings.plan).at(-1) ?? 0)
            : 0,
        endedBy: life.endedBy,
      };
    },
  };
}

/** Steps that no canary of their scope outlives. */
const ENDING: ReadonlySet<Publication['step']> = new Set([
  'activate',
  'roll-back',
  'deactivate',
  'stop-canary',
]);

function armReport(arm: ArmCounts): ArmReport {
  const total = totalOf(arm);
  const rates = GUARDED_RATES.map((measure) => {
    const trials = { successes: total[measure], trials: total.decisions };
    const groups = arm.groups.map((group) => ({ successes: group[measure], trials: group.decisions }));
    const effective = effectiveTrials(trials, designEffect(groups, ALPHA));
    return {
      measure,
      count: total[measure],
      rate: total.decisions === 0 ? 0 : total[measure] / total.decisions,
      interval: exactInterval(effective, ALPHA),
    };
  });
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantileOf(arm.latencyUs, share)) as [
    number,
    number,
    number,
  ];
  return { decisions: total.decisions, rates, latencyUs: { p50, p95, p99 } };
}

import type { ShadowDifference } from '../../rules/publish/shadow-difference.js';
import { createShadowTally, type ShadowTally } from '../../rules/publish/shadow-tally.js';
import type { ShadowPlan } from '../evaluate/shadow-plan.js';
import type { DecisionRecord } from '../record.js';
import {
  runName,
  type DecisionDifference,
  type RunAddition,
  type ShadowRun,
  type TallyBucket,
} from './shadow-store.js';

const HOUR_MS = 3_600_000;
const SECOND_US = 1_000_000;
/** So many seconds' worth of differences may come at once. */
const BURST_S = 20;
/** Rules of a difference at most: so many differ only where everything does. */
const MOST_RULES = 100;

/** What is known of a decision where its shadow is counted. */
export type Decided = Pick<DecisionRecord, 'id' | 'site' | 'eventTime' | 'base'>;

interface GatheredRun {
  readonly run: ShadowRun;
  readonly buckets: Map<string, TallyBucket>;
  readonly differences: DecisionDifference[];
  unkept: number;
}

/** What shadows said since it was last handed over, in memory. */
export class Gathering {
  readonly #most: number;
  #runs = new Map<string, GatheredRun>();
  /** The same by plan: several plans may belong to one run. */
  #byPlan = new Map<ShadowPlan, GatheredRun>();
  #last: { readonly plan: ShadowPlan; readonly bucket: TallyBucket } | undefined;
  /** Differences that there is room for. */
  #room: number;
  /** When room was made last, µs; undefined: never. */
  #made: number | undefined;

  /** `most`: differences in a second at most, over `BURST_S` seconds; more are counted only. */
  constructor(most: number) {
    this.#most = most;
    this.#room = most * BURST_S;
  }

  get empty(): boolean {
    return this.#runs.size === 0;
  }

  /** Where a decision is counted. */
  tally(plan: ShadowPlan, { eventTime }: Decided): ShadowTally {
    const hour = Math.floor(eventTime / HOUR_MS) * HOUR_MS;
    if (this.#last?.plan === plan && this.#last.bucket.hour === hour) return this.#last.bucket.tally;
    const { buckets } = this.#runOf(plan);
    const name = `${hour} ${plan.liveVersion}`;
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      bucket = { hour, liveVersion: plan.liveVersion, tally: createShadowTally() };
      buckets.set(name, bucket);
    }
    this.#last = { plan, bucket };
    return bucket.tally;
  }

  /** Keeps a difference while there is room. */
  keep(plan: ShadowPlan, { id, site, eventTime, base }: Decided, difference: ShadowDifference): void {
    const run = this.#runOf(plan);
    if (this.#room < 1) {
      run.unkept++;
      return;
    }
    this.#room--;
    const rules = difference.rules.slice(0, MOST_RULES);
    const baseMinor = base?.minor ?? null;
    const { liveVersion } = plan;
    run.differences.push({ ...difference, rules, decision: id, site, at: eventTime, baseMinor, liveVersion });
  }

  /** Makes room for the differences of the time that has passed. `now`: of a clock that only goes forward, µs. */
  makeRoom(now: number): void {
    const more = ((now - (this.#made ?? now)) / SECOND_US) * this.#most;
    this.#room = Math.min(this.#room + more, this.#most * BURST_S);
    this.#made = now;
  }

  /** All of it; from now on it is empty. */
  take(): readonly RunAddition[] {
    const runs = this.#runs;
    this.#runs = new Map();
    this.#byPlan = new Map();
    this.#last = undefined;
    return Array.from(runs.values(), ({ run, buckets, differences, unkept }) => ({
      run,
      buckets: [...buckets.values()],
      differences,
      unkept,
    }));
  }

  #runOf(plan: ShadowPlan): GatheredRun {
    const known = this.#byPlan.get(plan);
    if (known !== undefined) return known;
    const { ruleSet, version, scope, since } = plan.staged;
    const run: ShadowRun = { ruleSet, version, scope, since };
    const name = runName(run);
    const gathered = this.#runs.get(name) ?? { run, buckets: new Map(), differences: [], unkept: 0 };
    this.#runs.set(name, gathered);
    this.#byPlan.set(plan, gathered);
    return gathered;
  }
}

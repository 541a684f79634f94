import type {
  DecisionDifference,
  DifferenceFilter,
  DifferencePage,
  DifferencePlace,
  DifferenceRetention,
  RunAddition,
  ShadowBatch,
  ShadowRun,
  StoredRun,
  TallyBucket,
} from '../../../decisions/shadow/shadow-store.js';
import { OUTCOMES } from '../../../rules/outcome.js';
import { addShadowTally, shadowTallyOf } from '../../../rules/publish/shadow-tally.js';
import { parsed } from './bodies.js';
import type { Database } from './database.js';

/** Where to go on among the buckets of a run. */
export interface BucketPlace {
  readonly hour: number;
  readonly live: number;
}

/** Rows that are looked at in one step: a few milliseconds. */
const STEP = 2_000;
const BUCKETS = 50;
/** Differences that leave in one step. */
const LEAVING = 500;

/** What shadows said. Writes are part of a transaction. */
export class WorkerShadows {
  readonly #statements;

  constructor(db: Database) {
    const own = 'rule_set = ? AND version = ? AND scope = ? AND since = ?';
    const wanted = `(?2 = 0 OR differs = 1) AND (?3 < 0 OR live = ?3) AND (?4 < 0 OR shadow = ?4)
      AND (?5 = '' OR instr(rules, ?5) > 0)`;
    this.#statements = {
      batch: db.prepare('SELECT number FROM shadow_batches WHERE writer = ?'),
      otherBatches: db.prepare('DELETE FROM shadow_batches WHERE writer <> ?'),
      putBatch: db.prepare('INSERT OR REPLACE INTO shadow_batches (writer, number) VALUES (?, ?)'),
      run: db.prepare(`SELECT no FROM shadow_runs WHERE ${own}`),
      addRun: db.prepare(
        'INSERT OR IGNORE INTO shadow_runs (rule_set, version, scope, since, last_at) VALUES (?, ?, ?, ?, 0)',
      ),
      moveRun: db.prepare(
        'UPDATE shadow_runs SET last_at = max(last_at, ?), kept = kept + ?, left = left + ? WHERE no = ?',
      ),
      runs: db.prepare(
        `SELECT scope, since, last_at, kept, left FROM shadow_runs
          WHERE rule_set = ? AND version = ? ORDER BY since DESC, scope`,
      ),
      tally: db.prepare('SELECT body FROM shadow_tallies WHERE run = ? AND hour = ? AND live = ?'),
      putTally: db.prepare(
        'INSERT OR REPLACE INTO shadow_tallies (run, hour, live, body) VALUES (?, ?, ?, ?)',
      ),
      buckets: db.prepare(
        `SELECT hour, live, body FROM shadow_tallies
          WHERE run = ? AND (hour, live) > (?, ?) AND hour < ? ORDER BY hour, live LIMIT ${BUCKETS}`,
      ),
      addDifference: db.prepare(
        `INSERT OR IGNORE INTO shadow_differences (run, at, decision, differs, live, shadow, rules, body)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      differences: db.prepare(
        `SELECT at, decision, CASE WHEN ${wanted} THEN body END FROM shadow_differences
          WHERE run = ?1 AND (at, decision) < (?6, ?7) ORDER BY at DESC, decision DESC LIMIT ${STEP}`,
      ),
      tooMany: db.prepare(
        `SELECT no, CASE WHEN last_at < ?1 THEN kept ELSE kept - ?2 END FROM shadow_runs
          WHERE kept > ?2 OR (kept > 0 AND last_at < ?1) LIMIT 1`,
      ),
      dropOldest: db.prepare(
        `DELETE FROM shadow_differences WHERE run = ?1 AND (at, decision) IN
          (SELECT at, decision FROM shadow_differences WHERE run = ?1 ORDER BY at, decision LIMIT ?2)`,
      ),
      dropped: db.prepare('UPDATE shadow_runs SET kept = kept - ?, left = left + ? WHERE no = ?'),
    };
  }

  /** All of a batch but its differences. */
  add({ writer, number, at, additions }: ShadowBatch): void {
    if (Number(this.#statements.batch.get(writer)?.[0] ?? 0) >= number) return;
    this.#statements.otherBatches.run(writer);
    this.#statements.putBatch.run(writer, number);
    for (const addition of additions) this.#addTo(addition, at);
  }

  /** Differences of a batch that was added; those that are there stay as they are. */
  keep(run: ShadowRun, differences: readonly DecisionDifference[], at: number): void {
    const no = this.#mustBe(run);
    let kept = 0;
    for (const difference of differences) {
      const { decision, verdictDiffers, live, shadow, rules } = difference;
      kept += this.#statements.addDifference.run(
        no,
        difference.at,
        decision,
        verdictDiffers ? 1 : 0,
        OUTCOMES.indexOf(live.outcome),
        OUTCOMES.indexOf(shadow.outcome),
        between(rules.map(({ rule }) => rule)),
        JSON.stringify(difference),
      );
    }
    this.#statements.moveRun.run(at, kept, 0, no);
  }

  runs(ruleSet: string, version: number): StoredRun[] {
    return this.#statements.runs.all(ruleSet, version).map(([scope, since, lastAt, kept, left]) => ({
      ruleSet,
      version,
      scope: String(scope) as StoredRun['scope'],
      since: Number(since),
      lastAt: Number(lastAt),
      kept: Number(kept),
      left: Number(left),
    }));
  }

  /** Some of them, behind a place; [] at the end. */
  buckets(run: ShadowRun, after: BucketPlace, to: number): TallyBucket[] {
    const no = this.#numberOf(run);
    if (no === undefined) return [];
    return this.#statements.buckets
      .all(no, finite(after.hour), after.live, finite(to))
      .map(([hour, live, body]) => ({
        hour: Number(hour),
        liveVersion: Number(live),
        tally: shadowTallyOf(JSON.parse(String(body))),
      }));
  }

  differences(
    run: ShadowRun,
    { rule, verdictDiffers, liveOutcome, shadowOutcome }: DifferenceFilter,
    limit: number,
    after: DifferencePlace | undefined,
  ): DifferencePage {
    const no = this.#numberOf(run);
    if (no === undefined) return { differences: [], next: undefined };
    const rows = this.#statements.differences.all(
      no,
      verdictDiffers === true ? 1 : 0,
      liveOutcome === undefined ? -1 : OUTCOMES.indexOf(liveOutcome),
      shadowOutcome === undefined ? -1 : OUTCOMES.indexOf(shadowOutcome),
      rule === undefined ? '' : between([rule]),
      after?.at ?? Number.MAX_SAFE_INTEGER,
      after?.decision ?? '',
    );
    const differences: DecisionDifference[] = [];
    for (const [index, [at, decision, body]] of rows.entries()) {
      if (body !== null) differences.push(JSON.parse(String(body)) as DecisionDifference);
      const more = index + 1 < rows.length || rows.length === STEP;
      if (differences.length === limit)
        return { differences, next: more ? { at: Number(at), decision: String(decision) } : undefined };
    }
    const last = rows.length === STEP ? rows.at(-1) : undefined;
    const next = last && { at: Number(last[0]), decision: String(last[1]) };
    return { differences, next };
  }

  /** One step; whether there may be more. */
  trim({ most, idleBefore }: DifferenceRetention): boolean {
    const [run, leaving] = this.#statements.tooMany.get(idleBefore, most) ?? [];
    if (run === undefined || leaving === undefined) return false;
    const gone = this.#statements.dropOldest.run(Number(run), Math.min(Number(leaving), LEAVING));
    this.#statements.dropped.run(gone, gone, Number(run));
    return gone > 0;
  }

  #addTo({ run, buckets, unkept }: RunAddition, at: number): void {
    const { ruleSet, version, scope, since } = run;
    this.#statements.addRun.run(ruleSet, version, scope, since);
    const no = this.#mustBe(run);
    for (const { hour, liveVersion, tally } of buckets) {
      const total = shadowTallyOf(parsed(this.#statements.tally.get(no, hour, liveVersion)));
      addShadowTally(total, tally);
      this.#statements.putTally.run(no, hour, liveVersion, JSON.stringify(total));
    }
    this.#statements.moveRun.run(at, 0, unkept, no);
  }

  #mustBe(run: ShadowRun): number {
    const no = this.#numberOf(run);
    if (no === undefined) throw new Error('a run is there once it was added');
    return no;
  }

  #numberOf({ ruleSet, version, scope, since }: ShadowRun): number | undefined {
    const row = this.#statements.run.get(ruleSet, version, scope, since);
    return row && Number(row[0]);
  }
}

/** Names that can be found in one text without finding parts of others. */
function between(names: readonly string[]): string {
  return `\n${names.join('\n')}\n`;
}

/** SQLite has no infinity among its whole numbers. */
function finite(ms: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(ms, Number.MAX_SAFE_INTEGER));
}

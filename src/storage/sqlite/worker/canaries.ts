import type { CanaryPart, CanaryRun, RunName, StoredRun } from '../../../decisions/canary/canary-store.js';
import { bodies } from './bodies.js';
import type { Database } from './database.js';

/** Runs of canaries. Writes are part of a transaction. */
export class WorkerCanaries {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      begin: db.prepare(
        'INSERT OR IGNORE INTO canary_runs (rule_set, since, body, look) VALUES (?, ?, ?, 0)',
      ),
      run: db.prepare('SELECT body, latest FROM canary_runs WHERE rule_set = ? AND since = ?'),
      look: db.prepare('SELECT look FROM canary_runs WHERE rule_set = ? AND since = ?'),
      setLook: db.prepare('UPDATE canary_runs SET look = ?, latest = ? WHERE rule_set = ? AND since = ?'),
      number: db.prepare(
        'SELECT ifnull(max(number), 0) FROM canary_parts WHERE rule_set = ? AND since = ? AND instance = ?',
      ),
      count: db.prepare(
        `INSERT OR REPLACE INTO canary_parts (rule_set, since, instance, number, body)
          VALUES (?, ?, ?, ?, ?)`,
      ),
      parts: db.prepare('SELECT body FROM canary_parts WHERE rule_set = ? AND since = ?'),
    };
  }

  begin(run: CanaryRun): void {
    this.#statements.begin.run(run.ruleSet, run.since, JSON.stringify(run));
  }

  count({ ruleSet, since }: RunName, { instance, number, stable, canary }: CanaryPart): void {
    if (Number(this.#statements.number.get(ruleSet, since, instance)?.[0]) >= number) return;
    this.#statements.count.run(ruleSet, since, instance, number, JSON.stringify({ stable, canary }));
  }

  /** The latest look as it was given. */
  read({
    ruleSet,
    since,
  }: RunName): (Omit<StoredRun, 'latest'> & { readonly latest: string | undefined }) | undefined {
    const row = this.#statements.run.get(ruleSet, since);
    if (row === undefined) return undefined;
    const [body, latest] = row;
    return {
      run: JSON.parse(String(body)) as CanaryRun,
      latest: typeof latest === 'string' ? latest : undefined,
      parts: bodies(this.#statements.parts, ruleSet, since),
    };
  }

  look({ ruleSet, since }: RunName, look: number, latest: string, before: number): 'kept' | 'stale' {
    const [found] = this.#statements.look.get(ruleSet, since) ?? [];
    if (found === undefined || Number(found) !== before) return 'stale';
    this.#statements.setLook.run(look, latest, ruleSet, since);
    return 'kept';
  }
}

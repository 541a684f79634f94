import type { Hold, HoldResult } from '../../../decisions/ports.js';
import type { Database } from './database.js';

/** Cumulative limits. Every function is part of a transaction. */
export class WorkerLimits {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      decision: db.prepare('SELECT state, used FROM limit_decisions WHERE decision = ?'),
      addDecision: db.prepare(
        'INSERT INTO limit_decisions (decision, state, expires_at, used) VALUES (?, ?, ?, ?)',
      ),
      setState: db.prepare('UPDATE limit_decisions SET state = ? WHERE decision = ?'),
      used: db.prepare('SELECT used FROM limit_counters WHERE counter = ?'),
      addUsed: db.prepare(
        `INSERT INTO limit_counters (counter, used, period_end) VALUES (?1, ?2, ?3)
          ON CONFLICT DO UPDATE SET used = used + ?2`,
      ),
      changeUsed: db.prepare('UPDATE limit_counters SET used = used + ? WHERE counter = ?'),
      addHold: db.prepare(
        `INSERT INTO limit_holds (decision, counter, amount) VALUES (?1, ?2, ?3)
          ON CONFLICT DO UPDATE SET amount = amount + ?3`,
      ),
      holds: db.prepare('SELECT counter, amount, given FROM limit_holds WHERE decision = ?'),
      setHold: db.prepare('UPDATE limit_holds SET amount = ?, given = ? WHERE decision = ? AND counter = ?'),
      addRelease: db.prepare('INSERT OR IGNORE INTO limit_releases (decision, reason) VALUES (?, ?)'),
      due: db.prepare(
        `SELECT decision, state FROM limit_decisions
          WHERE state IN ('held', 'refused') AND expires_at <= ? ORDER BY expires_at LIMIT 1000`,
      ),
      forget: db.prepare('DELETE FROM limit_decisions WHERE decision = ?'),
      forgetHolds: db.prepare('DELETE FROM limit_holds WHERE decision = ?'),
      forgetReleases: db.prepare('DELETE FROM limit_releases WHERE decision = ?'),
    };
  }

  reserve(decision: string, holds: readonly Hold[], expiresAt: number): HoldResult {
    const { decision: find, addDecision, addUsed, addHold } = this.#statements;
    const known = find.get(decision);
    if (known && known[0] !== 'expired')
      return { reserved: known[0] !== 'refused', used: JSON.parse(String(known[1])) as number[] };
    // What had expired holds no room any more: the same decision asked again has to find some.
    if (known) this.#forget(decision);
    const used: number[] = [];
    const taken = new Map<string, number>();
    let reserved = true;
    for (const { counter, amount, cap } of holds) {
      const before = this.used(counter);
      const own = taken.get(counter) ?? 0;
      used.push(before);
      if (before + own + amount > cap) {
        reserved = false;
        break;
      }
      taken.set(counter, own + amount);
    }
    addDecision.run(decision, reserved ? 'held' : 'refused', expiresAt, JSON.stringify(used));
    if (reserved) {
      for (const { counter, amount, periodEnd } of holds) {
        addUsed.run(counter, amount, periodEnd);
        addHold.run(decision, counter, amount);
      }
    }
    return { reserved, used };
  }

  confirm(decision: string): void {
    const { decision: find, setState, changeUsed, setHold } = this.#statements;
    const state = find.get(decision)?.[0];
    if (state === undefined || state === 'refused') return;
    // The payment was made after all: it counts, whether or not there still is room.
    for (const { counter, amount, given } of this.#holds(decision)) {
      const back = given + (state === 'expired' ? amount : 0);
      if (back > 0) changeUsed.run(back, counter);
      if (given > 0) setHold.run(amount + given, 0, decision, counter);
    }
    if (state !== 'confirmed') setState.run('confirmed', decision);
  }

  release(
    decision: string,
    amount: number | undefined,
    reason: string,
    counters: readonly string[] | undefined,
  ): void {
    const { decision: find, addRelease, changeUsed, setHold } = this.#statements;
    const state = find.get(decision)?.[0];
    if (state === undefined || state === 'refused') return;
    if (addRelease.run(decision, reason) === 0) return;
    for (const { counter, amount: held, given } of this.#holds(decision)) {
      if (counters && !counters.includes(counter)) continue;
      const back = Math.min(held, amount ?? held);
      setHold.run(held - back, amount === undefined ? given + back : given, decision, counter);
      if (state !== 'expired') changeUsed.run(-back, counter);
    }
  }

  /** Releases up to a thousand; returns how many holds and how many rows there were. */
  expire(now: number): { readonly released: number; readonly seen: number } {
    const { due, forget, setState, changeUsed } = this.#statements;
    const rows = due.all(now);
    let released = 0;
    for (const [decision, state] of rows) {
      const id = String(decision);
      if (state === 'refused') {
        forget.run(id);
        continue;
      }
      const holds = this.#holds(id).filter(({ amount }) => amount > 0);
      for (const { counter, amount } of holds) changeUsed.run(-amount, counter);
      setState.run('expired', id);
      if (holds.length > 0) released += 1;
    }
    return { released, seen: rows.length };
  }

  used(counter: string): number {
    return Number(this.#statements.used.get(counter)?.[0] ?? 0);
  }

  #forget(decision: string): void {
    this.#statements.forget.run(decision);
    this.#statements.forgetHolds.run(decision);
    this.#statements.forgetReleases.run(decision);
  }

  #holds(decision: string): { readonly counter: string; readonly amount: number; readonly given: number }[] {
    return this.#statements.holds.all(decision).map(([counter, amount, given]) => ({
      counter: String(counter),
      amount: Number(amount),
      given: Number(given),
    }));
  }
}

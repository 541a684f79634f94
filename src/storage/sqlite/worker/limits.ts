import {
  afterLapse,
  afterReport,
  changesOf,
  forgetAt,
  forgetHoldsAt,
  isMade,
  newHoldState,
  type HoldState,
} from '../../../decisions/limits/hold-state.js';
import type { Hold, HoldReport, HoldResult } from '../../../decisions/ports.js';
import type { ExpiredPart } from '../wire.js';
import type { Database, SqlValue } from './database.js';

/** Rows that one step of `expire` looks at. */
const STEP = 1000;

/** Cumulative limits. Every function is part of a transaction. */
export class WorkerLimits {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      decision: db.prepare(
        'SELECT state, used, made_at, cancelled_at, failed FROM limit_decisions WHERE decision = ?',
      ),
      addDecision: db.prepare(
        'INSERT INTO limit_decisions (decision, state, expires_at, used, forget_at) VALUES (?, ?, ?, ?, ?)',
      ),
      setDecision: db.prepare(
        'UPDATE limit_decisions SET state = ?, made_at = ?, cancelled_at = ?, failed = ? WHERE decision = ?',
      ),
      used: db.prepare('SELECT used FROM limit_counters WHERE counter = ?'),
      addUsed: db.prepare(
        `INSERT INTO limit_counters (counter, used, forget_at) VALUES (?1, ?2, ?3)
          ON CONFLICT DO UPDATE SET used = used + ?2, forget_at = max(forget_at, ?3)`,
      ),
      changeUsed: db.prepare('UPDATE limit_counters SET used = used + ? WHERE counter = ?'),
      addHold: db.prepare('INSERT INTO limit_holds (decision, counter, amount) VALUES (?, ?, ?)'),
      holds: db.prepare('SELECT counter, amount, refunded FROM limit_holds WHERE decision = ?'),
      setRefunded: db.prepare('UPDATE limit_holds SET refunded = ? WHERE decision = ? AND counter = ?'),
      addRefund: db.prepare('INSERT INTO limit_releases (decision, reason) VALUES (?, ?)'),
      refunds: db.prepare('SELECT reason FROM limit_releases WHERE decision = ?'),
      due: db.prepare(
        `SELECT decision FROM limit_decisions
          WHERE state IN ('held', 'refused') AND expires_at <= ? ORDER BY expires_at LIMIT ${STEP}`,
      ),
      old: db.prepare(`SELECT decision FROM limit_decisions WHERE forget_at <= ? LIMIT ${STEP}`),
      forget: db.prepare('DELETE FROM limit_decisions WHERE decision = ?'),
      forgetHolds: db.prepare('DELETE FROM limit_holds WHERE decision = ?'),
      forgetRefunds: db.prepare('DELETE FROM limit_releases WHERE decision = ?'),
      forgetCounters: db.prepare(
        `DELETE FROM limit_counters WHERE counter IN
          (SELECT counter FROM limit_counters WHERE forget_at <= ? LIMIT ${STEP})`,
      ),
    };
  }

  reserve(decision: string, holds: readonly Hold[], expiresAt: number): HoldResult {
    if (holds.length === 0) return { reserved: true, used: [] };
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
    const state = reserved ? 'held' : 'refused';
    addDecision.run(decision, state, expiresAt, JSON.stringify(used), forgetHoldsAt(holds, expiresAt));
    if (!reserved) return { reserved, used };
    for (const { counter, amount, periodEnd } of holds)
      addUsed.run(counter, amount, forgetAt(periodEnd, expiresAt));
    for (const { counter, amount } of newHoldState(holds).holds) addHold.run(decision, counter, amount);
    return { reserved, used };
  }

  settle(decision: string, report: HoldReport): void {
    const state = this.#stateOf(decision);
    if (state) this.#change(decision, state, afterReport(state, report));
  }

  /** One step: releases what is due, or, when nothing is, forgets what is old. `seen` is 0 when nothing was left to do. */
  expire(now: number): ExpiredPart {
    const { due, old, forgetCounters } = this.#statements;
    const rows = due.all(now);
    let released = 0;
    for (const [id] of rows) {
      const decision = String(id);
      const state = this.#stateOf(decision);
      if (!state) this.#forget(decision);
      else if (this.#change(decision, state, afterLapse(state))) released += 1;
    }
    if (rows.length > 0) return { released, seen: rows.length };
    const forgotten = old.all(now);
    for (const [decision] of forgotten) this.#forget(String(decision));
    // Counters after all of their decisions, so that no hold outlives the counter it is on.
    const seen = forgotten.length > 0 ? forgotten.length : forgetCounters.run(now);
    return { released, seen };
  }

  used(counter: string): number {
    return Number(this.#statements.used.get(counter)?.[0] ?? 0);
  }

  #forget(decision: string): void {
    this.#statements.forget.run(decision);
    this.#statements.forgetHolds.run(decision);
    this.#statements.forgetRefunds.run(decision);
  }

  /** undefined when nothing is held: not known, or refused. */
  #stateOf(decision: string): HoldState | undefined {
    const row = this.#statements.decision.get(decision);
    if (!row || row[0] === 'refused') return undefined;
    return {
      holds: this.#statements.holds.all(decision).map(([counter, amount, refunded]) => ({
        counter: String(counter),
        amount: Number(amount),
        refunded: Number(refunded),
      })),
      madeAt: momentOf(row[2]),
      cancelledAt: momentOf(row[3]),
      failed: row[4] === 1,
      lapsed: row[0] === 'expired',
      refunds: this.#statements.refunds.all(decision).map(([reason]) => String(reason)),
    };
  }

  /** Whether it changes what counts. */
  #change(decision: string, before: HoldState, after: HoldState): boolean {
    if (after === before) return false;
    const { setDecision, changeUsed, setRefunded, addRefund } = this.#statements;
    const state = isMade(after) ? 'confirmed' : after.lapsed ? 'expired' : 'held';
    setDecision.run(state, after.madeAt ?? null, after.cancelledAt ?? null, after.failed ? 1 : 0, decision);
    for (const id of after.refunds.slice(before.refunds.length)) {
      addRefund.run(decision, id);
      for (const { counter, refunded } of after.holds) setRefunded.run(refunded, decision, counter);
    }
    const changes = changesOf(before, after);
    for (const { counter, by } of changes) changeUsed.run(by, counter);
    return changes.length > 0;
  }
}

function momentOf(value: SqlValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

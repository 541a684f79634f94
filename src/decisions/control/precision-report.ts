import { ATTRIBUTE_INDEX, KEY_ATTRIBUTES, type Attribute } from '../../facts/attributes.js';
import type { KeyRange, StreamEvent } from '../../facts/stream.js';
import { invalidRequest } from '../../errors/errors.js';
import { stopIfGone, type Caller } from '../caller.js';
import type { Journal, StoredEntry } from '../ports.js';
import type { DecisionRecord } from '../record.js';
import type { ControlLot } from './control-lot.js';
import { endingOf, PrecisionTally, type RulePrecision } from './precision.js';

/** Of which rule, over which payments. */
export interface PrecisionQuery {
  readonly ruleSet: string;
  readonly rule: string;
  /** Event time, epoch ms, inclusive; undefined: 180 days before `to`. */
  readonly from: number | undefined;
  /** Event time, epoch ms, exclusive; undefined: now. */
  readonly to: number | undefined;
  /** After so long without trouble a payment was good, ms. */
  readonly maturityMs: number;
  /** How often the interval may miss. */
  readonly alpha: number;
}

/** What it came to. */
export interface PrecisionReport extends RulePrecision {
  /** Event time of the oldest decision that was looked at, where there were too many for all; undefined: all were. */
  readonly cutAt: number | undefined;
}

/** What the report reads. */
export interface PrecisionOptions {
  readonly journal: Pick<Journal, 'list' | 'query'>;
  readonly hash: (attribute: Attribute, value: string) => number;
  readonly now: () => number;
  /** Decisions that are looked at, at most. Default 50,000. */
  readonly most?: number;
}

const DAY_MS = 86_400_000;
const USUAL_DAYS = 180;
const MOST_DAYS = 400;
const PAGE = 500;
const MOST = 50_000;
/** Payments whose ends are read at once. */
const AT_ONCE = 50;
/** Of a payer with more events than this nothing is read. */
const LONGEST = 5_000;

interface LetGo {
  readonly lot: ControlLot;
  readonly payment: StreamEvent;
}

/**
 * Reads how precise a rule is, page by page; it stops when the caller has gone. INVALID_REQUEST for more than 400 days.
 */
export async function precisionReport(
  query: PrecisionQuery,
  { journal, hash, now, most = MOST }: PrecisionOptions,
  caller: Caller | undefined,
): Promise<PrecisionReport> {
  const { ruleSet, rule, maturityMs, alpha } = query;
  const to = query.to ?? now() + 1;
  const from = query.from ?? to - USUAL_DAYS * DAY_MS;
  if (from > to || to - from > MOST_DAYS * DAY_MS)
    throw invalidRequest([{ field: 'from', description: `is not within ${MOST_DAYS} days before 'to'` }]);
  const tally = new PrecisionTally({ ruleSet, rule });
  const filter = { rule: `${ruleSet}/${rule}`, from, to };
  const options = { now: now(), maturityMs, hash };
  let waiting: LetGo[] = [];
  const readEnds = async (): Promise<void> => {
    const some = waiting;
    waiting = [];
    const ranges = some.map(({ payment }) => rangeOf(payment));
    const known = ranges.filter((range) => range !== undefined);
    const answer =
      known.length === 0
        ? []
        : (await journal.query({ ids: [], ranges: known, seen: undefined, longest: LONGEST })).ranges;
    let place = 0;
    for (const [index, { lot, payment }] of some.entries()) {
      const events = ranges[index] === undefined ? undefined : answer[place++];
      tally.end(lot, events && endingOf(payment, events, options));
    }
  };

  let token: string | undefined;
  let cutAt: number | undefined;
  do {
    stopIfGone(caller);
    const page: { readonly entries: readonly StoredEntry[]; readonly next: string | undefined } =
      await journal.list(filter, Math.min(PAGE, most - tally.hits), token);
    for (const { decision, event } of page.entries) {
      if (decision === undefined) continue;
      const lot = tally.add(JSON.parse(decision.record) as DecisionRecord);
      if (lot !== undefined) waiting.push({ lot, payment: event });
      if (waiting.length === AT_ONCE) await readEnds();
    }
    token = page.next;
    if (tally.hits >= most && token !== undefined) cutAt = page.entries.at(-1)?.event.at;
  } while (token !== undefined && cutAt === undefined);
  if (waiting.length > 0) await readEnds();
  return { ...tally.result(alpha), cutAt };
}

/** What is read back to find what was reported of a payment: all of the most selective thing it is known by. */
function rangeOf({ attributes, paymentAt }: StreamEvent): KeyRange | undefined {
  for (const name of KEY_ATTRIBUTES) {
    const key = attributes[ATTRIBUTE_INDEX[name]] ?? 0;
    if (key !== 0) return { key, from: paymentAt - 1, attribute: ATTRIBUTE_INDEX[name] };
  }
  return undefined;
}

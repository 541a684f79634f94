import { createHash } from 'node:crypto';
import type { JournalAnswer, JournalEntry } from '../../../src/decisions/ports.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { ATTRIBUTES, ATTRIBUTE_INDEX, KEY_ATTRIBUTES } from '../../../src/facts/attributes.js';
import type { Attribute, StreamKind } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import type { Outcome } from '../../../src/rules/outcome.js';

/** 2026-01-01 */
export const T0 = Date.UTC(2026, 0, 1);

/** A 53-bit value of an attribute, never 0. */
export function hash53(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return digest.readUIntBE(0, 6) * 32 + (digest.readUInt8(6) >> 3) || 1;
}

export interface EntryShape {
  readonly log: number;
  readonly seq: number;
  readonly id?: string;
  /** A payment with one is history: a report. */
  readonly alias?: string;
  readonly at?: number;
  readonly knownAt?: number;
  readonly kind?: StreamKind;
  readonly values?: Partial<Record<Attribute, string>>;
  readonly site?: string;
  readonly outcome?: Outcome;
  readonly degraded?: boolean;
  readonly hits?: DecisionRecord['hits'];
  readonly limits?: DecisionRecord['limits'];
  readonly decidedAt?: number;
  readonly baseMinor?: number;
  /** Characters of record, trace and personal part together; default about 200. */
  readonly payload?: number;
}

/** A 26-character id. */
export function entryId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 26);
}

/** An entry as the pipeline makes it: a decision for payments, a report for everything else. */
export function entry(shape: EntryShape): JournalEntry {
  const { log, seq } = shape;
  const kind = shape.kind ?? 'payment';
  const site = shape.site ?? 'site-a';
  const id = shape.id ?? entryId(`${log}/${seq}`);
  const attributes = ATTRIBUTES.map(() => 0);
  for (const [name, value] of Object.entries({ ...shape.values, site, paymentKind: 'payment' })) {
    attributes[ATTRIBUTE_INDEX[name as Attribute]] = hash53(`${name}\0${value}`);
  }
  const keys = new Set(KEY_ATTRIBUTES.map((name) => attributes[ATTRIBUTE_INDEX[name]] ?? 0));
  keys.delete(0);
  const event: StreamEvent = {
    log,
    seq,
    kind,
    at: shape.at ?? T0 + seq * 1000,
    knownAt: shape.knownAt ?? shape.at ?? T0 + seq * 1000,
    paymentAt: (shape.at ?? T0 + seq * 1000) - (kind === 'payment' ? 0 : 1000),
    baseMinor: shape.baseMinor ?? 1000 + seq,
    minor: 1000 + seq,
    attributes,
  };
  const size = Math.floor((shape.payload ?? 200) / 3);
  if (kind !== 'payment' || shape.alias !== undefined) {
    return {
      id,
      alias: shape.alias,
      event,
      keys: [...keys],
      decision: undefined,
      report: filler(size * 3, seq),
    };
  }
  return {
    id,
    event,
    keys: [...keys],
    decision: {
      site,
      requestId: `request-${seq}`,
      outcome: shape.outcome ?? 'accept',
      degraded: shape.degraded ?? false,
      decidedAt: shape.decidedAt ?? T0 + seq * 1000,
      record: JSON.stringify({
        seq,
        hits: shape.hits ?? [],
        limits: shape.limits ?? [],
        note: 'é'.repeat(3) + 'r'.repeat(size),
      }),
      trace: JSON.stringify({ seq, facts: 't'.repeat(size) }),
      personal: filler(size, seq),
    },
    alias: undefined,
    report: undefined,
  };
}

/** Entries in sequence after the journal's last. */
export function entries(
  log: number,
  first: number,
  count: number,
  shape: (index: number) => Omit<EntryShape, 'log' | 'seq'> = () => ({}),
): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => entry({ ...shape(index), log, seq: first + index }));
}

/** The key of an attribute value, as `entry` makes it. */
export function keyOf(name: Attribute, value: string): number {
  return hash53(`${name}\0${value}`);
}

/** A stored entry in a form that compares well, whatever kind of byte array the store hands out. */
export function plain(stored: JournalEntry | undefined): unknown {
  if (stored === undefined) return undefined;
  return {
    ...stored,
    event: { ...stored.event, attributes: [...stored.event.attributes] },
    keys: [...stored.keys].sort((a, b) => a - b),
    decision: stored.decision && { ...stored.decision, personal: [...stored.decision.personal] },
    report: stored.report && [...stored.report],
  };
}

function filler(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) & 0xff);
}

/** The ranges of an answer, none of which was too long. */
export function whole({ ranges }: JournalAnswer): StreamEvent[][] {
  return ranges.map((events) => {
    if (events === undefined) throw new Error('a range was left unread');
    return [...events];
  });
}

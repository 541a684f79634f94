import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { drawOf, isDrawn, subjectOf, type Draw, type KnownBy } from '../../../src/rules/publish/draw.js';
import { normalQuantile } from '../../../src/statistics/normal.js';

const DAY = 86_400_000;
const AT = Date.UTC(2026, 5, 30, 12);
const keyHash = createKeyHash(Uint8Array.from({ length: 16 }, (_, i) => i * 7));
const hash = (text: string): number => keyHash('payment', text);

function draw(card: string, over: Partial<Draw> = {}): number {
  const subject = { by: 'card', value: card } as const;
  return drawOf(hash, { purpose: 'canary', id: 'cards', subject, periodMs: DAY, at: AT, ...over });
}

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/** What Pearson's statistic exceeds once in 10,000 times: Wilson and Hilferty, PNAS 17 (1931). */
function chiSquareLimit(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part - normalQuantile(1e-4) * Math.sqrt(part)) ** 3;
}

/** Counts of pairs of draws over a grid of `cells` by `cells`. */
function pairCounts(
  cells: number,
  subjects: number,
  pair: (card: string) => readonly [number, number],
): number[] {
  const counts = Array.from({ length: cells * cells }, () => 0);
  for (let i = 0; i < subjects; i++) {
    const [a, b] = pair(`fp_${i}`);
    const cell = Math.floor(a * cells) * cells + Math.floor(b * cells);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  return counts;
}

describe('a draw', () => {
  it('is in [0, 1) and the same for one subject within a period, at whatever time', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(DAY - 1), fc.nat(DAY - 1), (card, a, b) => {
        const midnight = Date.UTC(2026, 5, 30);
        const drawn = draw(card, { at: midnight + a });
        expect(drawn).toBe(draw(card, { at: midnight + b }));
        expect(drawn).toBeGreaterThanOrEqual(0);
        expect(drawn).toBeLessThan(1);
      }),
    );
  });

  it('is uniform over subjects, and independent between purposes, ids, periods and kinds of subject', () => {
    const others: readonly ((card: string) => Partial<Draw>)[] = [
      () => ({ purpose: 'control' }),
      () => ({ id: 'cards2' }),
      () => ({ at: AT + DAY }),
      (value) => ({ subject: { by: 'customer', value } }),
    ];
    for (const other of others) {
      const counts = pairCounts(8, 6400, (card) => [draw(card), draw(card, other(card))]);
      expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(63));
    }
    // And the test can fail: a draw is not independent of itself.
    expect(chiSquare(pairCounts(8, 6400, (card) => [draw(card), draw(card)]))).toBeGreaterThan(
      chiSquareLimit(63),
    );
  });

  it('begins anew at midnight UTC where the period is a day, on the hour where it is one, never where it is endless', () => {
    const midnight = Date.UTC(2026, 6, 1);
    expect(draw('a', { at: midnight - 1 })).not.toBe(draw('a', { at: midnight }));
    expect(draw('a', { at: midnight })).toBe(draw('a', { at: midnight + DAY - 1 }));
    const hour = { periodMs: 3_600_000 };
    expect(draw('a', { at: AT - 1, ...hour })).not.toBe(draw('a', { at: AT, ...hour }));
    const endless = { periodMs: Infinity };
    expect(draw('a', { at: 0, ...endless })).toBe(draw('a', { at: AT * 3, ...endless }));
  });

  it('is in no share of 0, in every share of 1, and stays in when the share grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string(), share, share, (card, a, b) => {
        const drawn = draw(card);
        expect(isDrawn(drawn, 0)).toBe(false);
        expect(isDrawn(drawn, 1)).toBe(true);
        if (isDrawn(drawn, Math.min(a, b))) expect(isDrawn(drawn, Math.max(a, b))).toBe(true);
      }),
    );
    const drawn = Array.from({ length: 20_000 }, (_, i) => isDrawn(draw(`fp_${i}`), 0.05)).filter(Boolean);
    expect(Math.abs(drawn.length - 1000)).toBeLessThan(4 * Math.sqrt(950));
  });

  it('never reaches 1, whatever the hash', () => {
    expect(
      isDrawn(
        drawOf(() => 2 ** 53 - 1, {
          purpose: 'canary',
          id: '',
          subject: { by: 'ip', value: '' },
          periodMs: 1,
          at: 0,
        }),
        1,
      ),
    ).toBe(true);
  });
});

describe('the subject of a draw', () => {
  const ORDER = ['card', 'customer', 'email', 'device', 'ip', 'order', 'request'] as const;
  const all: KnownBy = {
    site: 'shop',
    card: 'fp',
    customer: 'c1',
    email: 'a@b.c',
    device: 'd',
    ip: '192.0.2.1',
    order: '17',
    request: 'r1',
  };

  it('is the first that is known', () => {
    ORDER.forEach((by, place) => {
      const known = { ...all };
      for (const earlier of ORDER.slice(0, place)) known[earlier] = '';
      expect(subjectOf(known)).toEqual({ by, value: by === 'order' ? 'shop\u000017' : all[by] });
    });
  });

  it('may be the customer before the card', () => {
    expect(subjectOf(all, { prefer: 'customer' }).by).toBe('customer');
    expect(subjectOf({ ...all, customer: '' }, { prefer: 'customer' }).by).toBe('card');
  });

  it('tells one order number from that of another site', () => {
    const guest = { ...all, card: '', customer: '', email: '', device: '', ip: '' };
    expect(subjectOf(guest)).not.toEqual(subjectOf({ ...guest, site: 'other' }));
  });
});

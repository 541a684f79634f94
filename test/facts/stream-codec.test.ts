import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, STREAM_KINDS } from '../../src/facts/attributes.js';
import { decodeEvent, encodeEvent } from '../../src/facts/stream-codec.js';
import type { StreamEvent } from '../../src/facts/stream.js';

const position = { log: 3, seq: 17 };
const time = fc.oneof(
  fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
  fc.integer({ min: 1_500_000_000_000, max: 1_900_000_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const amount = fc.oneof(fc.integer({ min: 0, max: 1_000_000 }), fc.maxSafeInteger(), fc.constant(0.5));
const hash = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 53 - 1 }));
const events: fc.Arbitrary<StreamEvent> = fc
  .record({
    kind: fc.constantFrom(...STREAM_KINDS),
    at: time,
    lag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 40 })),
    ago: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 40 })),
    minor: amount,
    base: fc.oneof(amount, fc.constant(Number.NaN), fc.constant('same' as const)),
    attributes: fc.array(hash, { minLength: ATTRIBUTES.length, maxLength: ATTRIBUTES.length }),
  })
  .map(({ lag, ago, base, at, ...rest }) => ({
    ...position,
    ...rest,
    // No clock says -0.
    at: at + 0,
    knownAt: at + lag,
    paymentAt: at - ago + 0,
    baseMinor: base === 'same' ? rest.minor : base,
  }));

describe('stream codec', () => {
  it('reads back exactly what was written', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(decodeEvent(encodeEvent(event), position)).toEqual(event);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives each call bytes of its own', () => {
    fc.assert(
      fc.property(events, events, (one, other) => {
        const bytes = encodeEvent(one);
        encodeEvent(other);
        expect(decodeEvent(bytes, position)).toEqual(one);
      }),
    );
  });

  it('keeps an ordinary payment small', () => {
    const attributes = ATTRIBUTES.map((_, index) => (index < 14 ? 2 ** 52 + index : 0));
    const at = 1_790_000_000_000;
    const times = { at, knownAt: at, paymentAt: at };
    const event = { ...position, ...times, kind: 'payment', minor: 4999, baseMinor: 4999, attributes };
    expect(encodeEvent(event as StreamEvent).length).toBeLessThan(120);
  });

  it('refuses formats, kinds and records it cannot know', () => {
    fc.assert(
      fc.property(events, fc.nat(), (event, cut) => {
        const bytes = encodeEvent(event);
        expect(() => decodeEvent(bytes.subarray(0, cut % bytes.length), position)).toThrow();
        expect(() => decodeEvent(Uint8Array.of(2, ...bytes.subarray(1)), position)).toThrow('unknown format');
        expect(() => decodeEvent(Uint8Array.of(1, 200, ...bytes.subarray(2)), position)).toThrow('kind');
      }),
    );
  });

  it('reads a record of a time with fewer or more attributes', () => {
    const event: StreamEvent = {
      ...position,
      kind: 'label',
      at: 5,
      knownAt: 9,
      paymentAt: 5,
      minor: 0,
      baseMinor: Number.NaN,
      attributes: [7, 8],
    };
    expect(decodeEvent(encodeEvent(event), position).attributes).toEqual(
      ATTRIBUTES.map((_, index) => event.attributes[index] ?? 0),
    );
    const later = { ...event, attributes: [...ATTRIBUTES.map((_, index) => index), 99, 100] };
    expect(decodeEvent(encodeEvent(later), position).attributes).toEqual(ATTRIBUTES.map((_, index) => index));
  });
});

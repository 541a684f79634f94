import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
  StreamEntrySchema,
} from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema, RecordEventsRequestSchema } from '../../../../src/gen/tollgate/v1/event_service_pb.js';
import { InstrumentSchema, PaymentSchema } from '../../../../src/gen/tollgate/v1/payment_pb.js';
import { decodeEntries, decodeEvents } from '../../../../src/server/grpc/convert/entries.js';
import { sampleEvent, sampleRequest } from '../../support/requests.js';

const screenArbitrary = fc.string({ minLength: 1, maxLength: 30 }).map((id) => sampleRequest(id));
const eventArbitrary = fc.string({ minLength: 1, maxLength: 30 }).map((eventId) => sampleEvent({ eventId }));

describe('a batch read by hand', () => {
  test('is what the generated codec reads, and each entry keeps its bytes', () => {
    const entry = fc.oneof(
      screenArbitrary.map((value) => create(StreamEntrySchema, { entry: { case: 'screen', value } })),
      eventArbitrary.map((value) => create(StreamEntrySchema, { entry: { case: 'event', value } })),
      fc.constant(create(StreamEntrySchema)),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const bytes = toBinary(ScreenStreamRequestSchema, create(ScreenStreamRequestSchema, { entries }));
        const read = decodeEntries(bytes);
        expect(read.map(({ kind }) => kind)).toEqual(entries.map((one) => one.entry.case ?? 'empty'));
        for (const [index, one] of read.entries()) {
          if (one.kind === 'screen') {
            expect(one.message).toEqual(entries[index]?.entry.value);
            expect(Buffer.from(one.raw)).toEqual(Buffer.from(toBinary(ScreenRequestSchema, one.message)));
          } else if (one.kind === 'event') {
            expect(one.message).toEqual(entries[index]?.entry.value);
            expect(Buffer.from(one.raw)).toEqual(Buffer.from(toBinary(EventSchema, one.message)));
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('events likewise', () => {
    fc.assert(
      fc.property(fc.array(eventArbitrary, { maxLength: 20 }), (events) => {
        const read = decodeEvents(
          toBinary(RecordEventsRequestSchema, create(RecordEventsRequestSchema, { events })),
        );
        expect(read.map((one) => (one.kind === 'event' ? one.message : undefined))).toEqual(events);
      }),
      { numRuns: 50 },
    );
  });

  test('never throws anything but INVALID_REQUEST, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeEntries, decodeEvents]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
          }
        }
      }),
    );
  });

  test.each([
    ['entries', decodeEntries],
    ['events', decodeEvents],
  ] as const)('too many %s are refused before they are read: they take two bytes each', (field, decode) => {
    const empty = (count: number) => Buffer.alloc(2 * count, Uint8Array.of(0x0a, 0));
    expect(decode(empty(1000))).toHaveLength(1000);
    expect(() => decode(empty(2_000_000))).toThrow(`${field}: more than 1,000 in one message`);
  });

  test('an entry that cannot be read fails alone', () => {
    const good = toBinary(ScreenRequestSchema, sampleRequest('a'));
    const bytes = batch([
      entryBytes(1, good),
      entryBytes(1, Uint8Array.of(0x0a, 0x09, 0x61)),
      entryBytes(1, good),
    ]);
    expect(decodeEntries(bytes).map(({ kind }) => kind)).toEqual(['screen', 'malformed', 'screen']);
  });

  test('of a oneof that was sent twice the last member counts, parts of the same one are merged', () => {
    const screen = toBinary(ScreenRequestSchema, create(ScreenRequestSchema, { requestId: 'a' }));
    const more = toBinary(ScreenRequestSchema, create(ScreenRequestSchema, { payment: { site: 's' } }));
    const event = toBinary(EventSchema, sampleEvent());
    const twice = decodeEntries(batch([Buffer.concat([entryBytes(1, screen), entryBytes(1, more)])]));
    expect(twice).toMatchObject([{ kind: 'screen', message: { requestId: 'a', payment: { site: 's' } } }]);
    const both = decodeEntries(batch([Buffer.concat([entryBytes(1, screen), entryBytes(2, event)])]));
    expect(both.map(({ kind }) => kind)).toEqual(['event']);
  });

  test('an entry in a million parts is read like one in two', () => {
    // Each part is an unknown field.
    const bytes = Buffer.alloc(4_000_000, Uint8Array.of(0x0a, 2, 0x78, 1));
    expect(decodeEntries(batch([bytes]))).toMatchObject([{ kind: 'screen', raw: { length: 0 } }]);
  });

  test('keeps of an entry what was understood of it, and no more', () => {
    const screen = toBinary(ScreenRequestSchema, sampleRequest());
    const event = toBinary(EventSchema, sampleEvent());
    const within = [
      entryBytes(1, Buffer.concat([screen, STRANGE])),
      entryBytes(2, Buffer.concat([STRANGE, event])),
    ];
    const said = new BinaryWriter().tag(1, WireType.LengthDelimited).string('x'.repeat(100)).finish();
    const often = Buffer.concat([...Array.from({ length: 1000 }, () => said), screen]);
    const raws = decodeEntries(batch([...within, entryBytes(1, often)])).map(
      (one) => 'raw' in one && one.raw,
    );
    expect(raws.map((raw) => Buffer.from(raw || []))).toEqual(
      [screen, event, screen].map((raw) => Buffer.from(raw)),
    );
    const events = decodeEvents(Buffer.concat([STRANGE, entryBytes(1, Buffer.concat([event, STRANGE]))]));
    expect(events).toMatchObject([{ kind: 'event', raw: { length: event.length } }]);
  });

  test('what a later value took the place of is not kept: nobody has checked it', () => {
    const field = (number: number, value: string | Uint8Array): Uint8Array => {
      const writer = new BinaryWriter().tag(number, WireType.LengthDelimited);
      return (typeof value === 'string' ? writer.string(value) : writer.bytes(value)).finish();
    };
    const request = sampleRequest();
    const screen = toBinary(ScreenRequestSchema, request);
    const { payment } = ScreenRequestSchema.field;
    const { orderId, instrument, attributes } = PaymentSchema.field;
    const inPayment = (...parts: Uint8Array[]): Uint8Array => field(payment.number, Buffer.concat(parts));
    const attribute = Buffer.concat([field(1, 'k'), field(2, SECRET)]);
    const replaced = [
      inPayment(field(orderId.number, SECRET)),
      inPayment(field(attributes.number, attribute), field(attributes.number, field(1, 'k'))),
      inPayment(field(attributes.number, Buffer.concat([field(2, SECRET), field(1, 'k'), field(2, '')]))),
      inPayment(
        field(
          instrument.number,
          toBinary(
            InstrumentSchema,
            create(InstrumentSchema, { kind: { case: 'voucher', value: { method: SECRET } } }),
          ),
        ),
      ),
    ];
    for (const before of replaced) {
      const [read] = decodeEntries(batch([entryBytes(1, Buffer.concat([before, screen]))]));
      if (read?.kind !== 'screen') throw new Error('no payment');
      expect(fromBinary(ScreenRequestSchema, read.raw)).toEqual(read.message);
      expect(Buffer.from(read.raw).includes(SECRET)).toBe(false);
    }
  });

  test.each([
    ['around the entries', (entry: Uint8Array) => Buffer.concat([batch([entry]), STRANGE])],
    ['around what an entry holds', (entry: Uint8Array) => batch([Buffer.concat([entry, STRANGE])])],
    ['as an entry that is none', (entry: Uint8Array) => batch([entry, STRANGE])],
    [
      'as an entry that cannot be read',
      (entry: Uint8Array) => batch([entry, entryBytes(1, Buffer.alloc(1_000_000))]),
    ],
    [
      'as another member of the entry',
      (entry: Uint8Array) => batch([Buffer.concat([entryBytes(2, STRANGE), entry])]),
    ],
  ])('an entry does not keep in memory what was sent %s', (_, message) => {
    const entry = entryBytes(1, toBinary(ScreenRequestSchema, sampleRequest()));
    const [read] = decodeEntries(message(entry));
    if (read?.kind !== 'screen') throw new Error('no payment');
    expect(read.raw.buffer.byteLength).toBeLessThan(100_000);
  });
});

const SECRET = 'what must not be kept';

/** A field that nobody knows, with much in it. */
const STRANGE = new BinaryWriter()
  .tag(999, WireType.LengthDelimited)
  .bytes(new Uint8Array(1_000_000))
  .finish();

function entryBytes(field: number, message: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).bytes(message).finish();
}

function batch(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(entries.map((entry) => entryBytes(1, entry)));
}

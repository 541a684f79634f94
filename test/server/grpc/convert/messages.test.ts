import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { STREAM_KINDS } from '../../../../src/facts/attributes.js';
import {
  DecisionSchema,
  Outcome,
  ScaExemption,
  ThreeDsDemand,
} from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  ClaimReason,
  EventKind,
  Label,
  ThreeDsStatus,
} from '../../../../src/gen/tollgate/v1/event_service_pb.js';
import type { Instrument } from '../../../../src/gen/tollgate/v1/payment_pb.js';
import { InstrumentSchema, PaymentKind } from '../../../../src/gen/tollgate/v1/payment_pb.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../../../../src/rules/outcome.js';
import { toDecision } from '../../../../src/server/grpc/convert/decision.js';
import { toEventInput } from '../../../../src/server/grpc/convert/event.js';
import { toPaymentInput } from '../../../../src/server/grpc/convert/payment.js';
import { fromMs, toMs } from '../../../../src/server/grpc/convert/time.js';
import { OUTCOME, toOutcome } from '../../../../src/server/grpc/convert/vocabulary.js';
import { sampleRecord } from '../../support/records.js';
import { EVENT_MS, sampleEvent, samplePayment } from '../../support/requests.js';

describe('moments', () => {
  const moment = fc.integer({ min: 0, max: 253_402_300_799_999 });
  test('go there and back, as the protobuf library has it', () => {
    fc.assert(
      fc.property(moment, (ms) => {
        expect(toMs(fromMs(ms))).toBe(ms);
        expect(fromMs(ms)).toEqual(timestampFromMs(ms));
        expect(toMs(timestampFromMs(ms))).toBe(timestampMs(timestampFromMs(ms)));
      }),
    );
  });
  test('lose what is below a millisecond', () => {
    expect(toMs({ $typeName: 'google.protobuf.Timestamp', seconds: 1n, nanos: 1_999_999 })).toBe(1001);
  });
});

describe('a payment', () => {
  test('keeps every field', () => {
    expect(toPaymentInput(samplePayment())).toEqual({
      site: 'shop-es',
      language: 'es-ES',
      merchant: 'm-17',
      terminal: 't-3',
      orderId: 'order-90210',
      kind: 'payment',
      minor: 12_999,
      currency: 'EUR',
      instrument: {
        type: 'card',
        method: 'visa',
        token: 'tok_8f3a2b',
        fingerprint: '9f86d081884c7d659a2feaa0c55ad015',
        bin: '411111',
        last4: '1111',
        paymentAccountReference: 'Q1J4Z28RKA1EBL470G9XYG90R5D3E',
        issuerCountry: 'ES',
        funding: 'credit',
        wallet: 'apple_pay',
        expiryMonth: 11,
        expiryYear: 2029,
        country: '',
      },
      customer: {
        id: 'c-1001',
        email: 'ana.garcia+shop@example.com',
        phone: '+34 600 123 456',
        name: 'Ana García',
        registeredAt: EVENT_MS - 86_400_000,
      },
      device: {
        id: 'd-77',
        userAgent: 'Mozilla/5.0 (X11)',
        acceptLanguage: 'es-ES,es;q=0.9',
        utcOffsetMinutes: 60,
      },
      ip: '203.0.113.7',
      billing: {
        name: 'Ana García',
        line1: 'Calle Mayor 1',
        line2: '2º B',
        city: 'Madrid',
        region: 'MD',
        postalCode: '28013',
        country: 'ES',
      },
      shipping: {
        name: '',
        line1: 'Rua Augusta 10',
        line2: '',
        city: 'Lisboa',
        region: '',
        postalCode: '1100-053',
        country: 'PT',
      },
      items: [{ sku: 'sku-1', name: 'Shoes', category: 'footwear', quantity: 1, unitPriceMinor: 12_999 }],
      eventTime: EVENT_MS,
      attributes: { 'coupon.code': 'SPRING' },
    });
  });

  test.each<[Instrument['kind']['case'], object, object]>([
    [
      'localMethod',
      { method: 'ideal', accountReference: 'a', country: 'NL' },
      { type: 'local-method', method: 'ideal', fingerprint: 'a', country: 'NL' },
    ],
    [
      'voucher',
      { method: 'oxxo', country: 'MX', expiresInHours: 72 },
      { type: 'voucher', method: 'oxxo', country: 'MX' },
    ],
    [
      'bankTransfer',
      { country: 'DE', accountFingerprint: 'f' },
      { type: 'bank-transfer', country: 'DE', fingerprint: 'f' },
    ],
    [
      'staticCode',
      { method: 'alipay', accountFingerprint: 'f', funding: 1 },
      { type: 'static-code', method: 'alipay', fingerprint: 'f', funding: 'credit' },
    ],
  ])('paid by %s', (kind, value, expected) => {
    const instrument = create(InstrumentSchema, { kind: { case: kind, value } as never });
    const card = toPaymentInput(samplePayment()).instrument;
    const input = toPaymentInput(samplePayment({ instrument })).instrument;
    expect(input).toMatchObject(expected);
    // One shape for all, so that evaluation stays fast.
    expect(Object.keys(input)).toEqual(Object.keys(card));
  });

  test('of each kind', () => {
    expect(toPaymentInput(samplePayment({ kind: PaymentKind.UNSPECIFIED })).kind).toBe('payment');
    expect(toPaymentInput(samplePayment({ kind: PaymentKind.CARD_CHECK })).kind).toBe('card-check');
    expect(toPaymentInput(samplePayment({ kind: PaymentKind.MERCHANT_INITIATED })).kind).toBe(
      'merchant-initiated',
    );
  });
});

describe('an event', () => {
  test('keeps every field', () => {
    const raw = Uint8Array.of(1, 2, 3);
    const event = sampleEvent({
      kind: EventKind.CHARGEBACK,
      decisionId: 'd',
      amount: { minor: 5n, currency: 'USD' },
      arrivalTime: timestampFromMs(EVENT_MS + 1),
      code: '10.4',
      fraud: true,
      channel: 'adyen',
      liabilityShifted: true,
    });
    expect(toEventInput(event, raw)).toEqual({
      eventId: 'e-1',
      site: 'shop-es',
      kind: 'chargeback',
      decisionId: 'd',
      requestId: 'r-1',
      payment: undefined,
      eventTime: EVENT_MS,
      arrivalTime: EVENT_MS + 1,
      amount: { minor: 5, currency: 'USD' },
      code: '10.4',
      claim: '',
      threeDs: '',
      liabilityShifted: true,
      label: '',
      fraud: true,
      channel: 'adyen',
      raw,
    });
  });

  test('of every kind has a kind of the stream, each another', () => {
    const kinds = Object.values(EventKind).filter(
      (kind) => typeof kind === 'number' && kind !== 0,
    ) as EventKind[];
    expect(kinds.map((kind) => toEventInput(sampleEvent({ kind }), new Uint8Array()).kind)).toEqual(
      STREAM_KINDS,
    );
  });

  test('speaks the words of the stream', () => {
    const words = (change: Parameters<typeof sampleEvent>[0]) =>
      toEventInput(sampleEvent(change), new Uint8Array());
    expect(words({ claimReason: ClaimReason.NOT_RECEIVED }).claim).toBe('not-received');
    expect(words({ threeDsStatus: ThreeDsStatus.ABANDONED }).threeDs).toBe('abandoned');
    expect(words({ label: Label.GOOD }).label).toBe('good');
  });
});

describe('a decision', () => {
  test('is a message as the codec knows it', () => {
    const decision = toDecision(sampleRecord());
    expect(fromBinary(DecisionSchema, toBinary(DecisionSchema, decision))).toEqual(
      create(DecisionSchema, decision),
    );
  });

  test('without rate has no base amount', () => {
    expect(toDecision(sampleRecord({ base: null })).baseAmount).toBeUndefined();
  });

  test('has a word for every outcome, demand and exemption', () => {
    expect(OUTCOMES.map((outcome) => Outcome[toDecision(sampleRecord({ outcome })).outcome])).toEqual([
      'ACCEPT',
      'REVIEW',
      'REJECT',
      'ALLOW',
      'BLOCK',
    ]);
    expect(
      THREE_DS_DEMANDS.map((threeDs) => ThreeDsDemand[toDecision(sampleRecord({ threeDs })).threeDs]),
    ).toEqual(['NONE', 'REQUEST', 'CHALLENGE', 'MANDATE']);
    expect(
      SCA_EXEMPTIONS.map((exemption) => ScaExemption[toDecision(sampleRecord({ exemption })).exemption]),
    ).toEqual(['NONE', 'LOW_VALUE', 'TRA', 'TRUSTED', 'CORPORATE']);
    for (const outcome of OUTCOMES) expect(toOutcome(OUTCOME[outcome])).toBe(outcome);
  });
});

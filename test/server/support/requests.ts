import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ScreenRequest } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { ScreenRequestSchema } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import { EventKind, EventSchema } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import type { Payment } from '../../../src/gen/tollgate/v1/payment_pb.js';
import { CardFunding, PaymentKind, PaymentSchema } from '../../../src/gen/tollgate/v1/payment_pb.js';

/** 2026-01-01T00:00:00.123Z */
export const EVENT_MS = 1_767_225_600_123;

/** A payment with every field filled and right. */
export function samplePayment(change: Partial<Payment> = {}): Payment {
  const payment = create(PaymentSchema, {
    site: 'shop-es',
    language: 'es-ES',
    merchant: 'm-17',
    terminal: 't-3',
    orderId: 'order-90210',
    kind: PaymentKind.PAYMENT,
    amount: { minor: 12_999n, currency: 'EUR' },
    instrument: {
      kind: {
        case: 'card' as const,
        value: {
          token: 'tok_8f3a2b',
          fingerprint: '9f86d081884c7d659a2feaa0c55ad015',
          bin: '411111',
          last4: '1111',
          paymentAccountReference: 'Q1J4Z28RKA1EBL470G9XYG90R5D3E',
          expiryMonth: 11,
          expiryYear: 2029,
          brand: 'visa',
          issuerCountry: 'ES',
          funding: CardFunding.CREDIT,
          wallet: 'apple_pay',
          holder: 'Ana García',
        },
      },
    },
    customer: {
      id: 'c-1001',
      email: 'ana.garcia+shop@example.com',
      phone: '+34 600 123 456',
      name: 'Ana García',
      registeredAt: timestampFromMs(EVENT_MS - 86_400_000),
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
    shipping: { line1: 'Rua Augusta 10', city: 'Lisboa', postalCode: '1100-053', country: 'PT' },
    items: [{ sku: 'sku-1', name: 'Shoes', category: 'footwear', quantity: 1, unitPriceMinor: 12_999n }],
    eventTime: timestampFromMs(EVENT_MS),
    attributes: { 'coupon.code': 'SPRING' },
  });
  return Object.assign(payment, change);
}

/** A request for that payment. */
export function sampleRequest(requestId = 'r-1', change: Partial<Payment> = {}): ScreenRequest {
  return create(ScreenRequestSchema, { requestId, payment: samplePayment(change) });
}

/** An event about that payment. */
export function sampleEvent(change: MessageInitShape<typeof EventSchema> = {}): Event {
  return create(EventSchema, {
    eventId: 'e-1',
    site: 'shop-es',
    kind: EventKind.AUTHORISED,
    requestId: 'r-1',
    eventTime: timestampFromMs(EVENT_MS),
    ...change,
  });
}

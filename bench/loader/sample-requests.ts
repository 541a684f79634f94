import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ScreenRequest } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';

/** What the sample is drawn from. */
export interface SampleOptions {
  readonly count: number;
  readonly seed: number;
  /** Of the first payment, epoch ms; payments are `stepMs` apart. Default: no event time, the server's clock. */
  readonly startMs?: number;
  readonly stepMs?: number;
  /** Put before every request id, so that runs do not meet. */
  readonly prefix?: string;
}

const COUNTRIES = ['ES', 'FR', 'DE', 'IT', 'PT', 'PL', 'BR', 'MX', 'US', 'GB', 'NL', 'CZ'];
const CURRENCIES = ['EUR', 'EUR', 'EUR', 'EUR', 'EUR', 'PLN', 'BRL', 'MXN', 'USD', 'GBP', 'EUR', 'CZK'];
const CITIES = [
  'Madrid',
  'Lyon',
  'Berlin',
  'Milano',
  'Porto',
  'Warszawa',
  'Recife',
  'Puebla',
  'Austin',
  'Leeds',
];
const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64) Chrome/149.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_2) Safari/605',
];

/** Distinct card payments of 300 to 600 bytes of some 40,000 payers, in the order of their ids. Seeded. */
export function* sampleRequests(options: SampleOptions): Generator<ScreenRequest> {
  const random = mulberry32(options.seed);
  const pick = (count: number): number => Math.floor(random() * count);
  for (let index = 0; index < options.count; index++) {
    const payer = pick(40_000);
    const market = payer % COUNTRIES.length;
    const country = COUNTRIES[market]!;
    const card = payer * 2 + (pick(10) === 0 ? 1 : 0);
    const stamp =
      options.startMs === undefined ? undefined : options.startMs + index * (options.stepMs ?? 100);
    const address = {
      line1: `Street ${payer % 977}`,
      city: CITIES[payer % CITIES.length]!,
      postalCode: `${10_000 + (payer % 80_000)}`,
      country,
    };
    yield create(ScreenRequestSchema, {
      requestId: `${options.prefix ?? 'load'}-${index}`,
      payment: {
        site: `shop-${market}`,
        language: `en-${country}`,
        merchant: `m-${payer % 50}`,
        terminal: `t-${payer % 400}`,
        orderId: `order-${index}`,
        amount: { minor: BigInt(500 + pick(40_000)), currency: CURRENCIES[market]! },
        instrument: {
          kind: {
            case: 'card',
            value: {
              token: `tok_${card.toString(36).padStart(10, '0')}`,
              fingerprint: hex(card),
              bin: String(400_000 + (card % 3_000)),
              last4: String(1000 + (card % 9000)),
              expiryMonth: 1 + (card % 12),
              expiryYear: 2027 + (card % 4),
            },
          },
        },
        customer: {
          id: `c-${payer}`,
          email: `payer${payer}@example${payer % 40}.com`,
          phone: `+346${String(10_000_000 + payer)}`,
          name: `Payer Number ${payer}`,
        },
        device: { id: `d-${payer}-${pick(2)}`, userAgent: BROWSERS[payer % 2]! },
        ip: `${80 + (payer % 100)}.${(payer >> 8) % 250}.${payer % 250}.${1 + pick(3)}`,
        billing: address,
        ...(pick(3) === 0 ? { shipping: address } : {}),
        items: [
          {
            sku: `sku-${pick(5000)}`,
            name: 'Running shoes',
            category: 'goods',
            quantity: 1 + pick(3),
            unitPriceMinor: 999n,
          },
        ],
        ...(stamp === undefined ? {} : { eventTime: timestampFromMs(stamp) }),
      },
    });
  }
}

/** The same, each encoded. */
export function* encodedRequests(options: SampleOptions): Generator<Uint8Array> {
  for (const request of sampleRequests(options)) yield toBinary(ScreenRequestSchema, request);
}

/** The same in messages of the bulk call. */
export function* encodedBatches(options: SampleOptions, batch: number): Generator<Uint8Array> {
  let entries: ScreenRequest[] = [];
  const flush = (): Uint8Array => {
    const message = create(ScreenStreamRequestSchema, {
      entries: entries.map((value) => ({ entry: { case: 'screen' as const, value } })),
    });
    entries = [];
    return toBinary(ScreenStreamRequestSchema, message);
  };
  for (const request of sampleRequests(options)) {
    entries.push(request);
    if (entries.length === batch) yield flush();
  }
  if (entries.length > 0) yield flush();
}

function hex(value: number): string {
  const random = mulberry32(value + 1);
  let text = '';
  while (text.length < 32)
    text += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return text;
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

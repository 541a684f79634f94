import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
  type ScreenRequest,
  type ScreenStreamRequest,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { PaymentKind } from '../../src/gen/tollgate/v1/payment_pb.js';
import { seeded } from './random.js';

/** Twelve velocities, as a shop would ask them. */
const VELOCITIES = [
  { fn: 'count', by: 'card', window: '10m' },
  { fn: 'count', by: 'card', window: '24h' },
  { fn: 'sum', by: 'card', window: '24h' },
  { fn: 'count', by: 'email', window: '1h' },
  { fn: 'distinct', of: 'card', by: 'email', window: '24h' },
  { fn: 'count', by: 'ip', window: '1h' },
  { fn: 'distinct', of: 'card', by: 'ip', window: '24h' },
  { fn: 'count', by: 'device', window: '24h' },
  { fn: 'count', by: 'customer', window: '7d' },
  { fn: 'avg', by: 'customer', window: '30d' },
  { fn: 'count', by: 'card', window: '24h', events: 'declined' },
  { fn: 'distinct', of: 'customer', by: 'address', window: '30d' },
] as const;

/** Six lists of six types. */
export const LISTS = [
  { id: 'bench-cards', type: 'card', kind: 'block' },
  { id: 'bench-emails', type: 'email', kind: 'block' },
  { id: 'bench-ips', type: 'ip', kind: 'block' },
  { id: 'bench-devices', type: 'device', kind: 'watch' },
  { id: 'bench-domains', type: 'email-domain', kind: 'custom' },
  { id: 'bench-customers', type: 'customer', kind: 'watch' },
] as const;

const COUNTRIES = ['ES', 'FR', 'DE', 'IT', 'PT', 'GB', 'US', 'MX', 'BR', 'PL', 'NL', 'SE'];

/** Fifty rules of three to six conditions: about one in twenty hits. */
export function screenRuleSet(): object {
  const rules: object[] = [];
  for (let index = 0; index < 50; index += 1) {
    const velocity = VELOCITIES[index % VELOCITIES.length];
    const list = LISTS[index % LISTS.length];
    const country = COUNTRIES[index % COUNTRIES.length];
    const tests: object[] = [
      { fact: 'payment.amountBase', operator: 'greaterThan', value: 500 + index * 900 },
      { fact: 'instrument.type', operator: 'equal', value: 'card' },
    ];
    if (index % 6 === 5)
      tests.push({ fact: 'list', params: { list: list?.id ?? '' }, operator: 'equal', value: true });
    else
      tests.push({
        fact: 'velocity',
        params: { ...velocity },
        operator: 'greaterThanInclusive',
        value: velocity?.fn === 'sum' || velocity?.fn === 'avg' ? 40_000 + index * 1000 : 3 + (index % 7),
      });
    if (index % 2 === 0) tests.push({ fact: 'billing.country', operator: 'notEqual', value: country ?? '' });
    if (index % 3 === 0)
      tests.push({
        any: [
          { fact: 'ip.country', operator: 'in', value: COUNTRIES.slice(0, 6) },
          { fact: 'customer.accountAgeDays', operator: 'lessThan', value: 30 },
        ],
      });
    if (index % 4 === 0) tests.push({ fact: 'payment.itemCount', operator: 'lessThan', value: 20 });
    rules.push({
      name: `bench-${String(index + 1)}`,
      conditions: { all: tests },
      event: {
        type: index % 10 === 0 ? 'review' : 'score',
        params: { reason: `bench.${String(index + 1)}`, score: 5 },
      },
    });
  }
  return {
    id: 'bench',
    description: 'Fifty rules for the screen benchmark',
    owner: 'bench',
    policy: { onUnknown: 'accept', onError: 'review' },
    thresholds: [{ score: 50, outcome: 'reject', reason: 'bench.score' }],
    rules,
  };
}

/**
 * What an author might try next: other thresholds, and a rule that asks something new of a card; of each `number` something
 * that the others do not.
 */
export function candidateRuleSet(number = 0): object {
  const text = JSON.stringify(screenRuleSet()).replaceAll(
    /("operator":"greaterThanInclusive","value":)(\d)([,}])/g,
    (_, before: string, value: string, after: string) => `${before}${String(Number(value) + 1)}${after}`,
  );
  const document = JSON.parse(text) as { readonly rules: object[] };
  const params = { fn: 'distinct', of: 'merchant', by: 'card', window: `${String(1440 + number)}m` };
  document.rules.push({
    name: 'bench-new',
    conditions: { all: [{ fact: 'velocity', params, operator: 'greaterThanInclusive', value: 4 }] },
    event: { type: 'review', params: { reason: 'bench.new' } },
  });
  return document;
}

/** A folder of the rule set and lists of the benchmarks, as `serve --rules` takes it. */
export function benchRules(folder: string): string {
  const rules = join(folder, 'rules');
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, 'bench.rules.json'), JSON.stringify(screenRuleSet()));
  const lists = LISTS.map((list) => ({ ...list, description: 'bench', owner: 'bench', entries: [] }));
  writeFileSync(join(rules, 'lists.json'), JSON.stringify({ lists }));
  return rules;
}

/** One of many distinct requests of 300 to 600 bytes when encoded. */
export function screenRequest(
  index: number,
  random: () => number,
  prefix: string,
  eventTimeMs?: number,
): ScreenRequest {
  const payer = Math.floor(random() * 200_000);
  const country = COUNTRIES[payer % COUNTRIES.length] ?? 'ES';
  return create(ScreenRequestSchema, {
    requestId: `${prefix}-${String(index)}`,
    payment: {
      site: `site-${String(payer % 27)}`,
      language: 'es-ES',
      merchant: `merchant-${String(payer % 40)}`,
      terminal: `terminal-${String(payer % 400)}`,
      orderId: `order-${prefix}-${String(index)}`,
      kind: PaymentKind.PAYMENT,
      amount: { minor: BigInt(500 + Math.floor(random() * 30_000)), currency: 'EUR' },
      instrument: {
        kind: {
          case: 'card',
          value: {
            token: `tok_${String(payer)}`,
            fingerprint: `fp_${String(payer)}_${String(Math.floor(random() * 2))}`,
            bin: String(400_000 + (payer % 5000)),
            last4: String(1000 + (payer % 9000)),
            expiryMonth: 1 + (payer % 12),
            expiryYear: 2030,
            brand: 'visa',
            issuerCountry: country,
          },
        },
      },
      customer: {
        id: `customer-${String(payer)}`,
        email: `payer.${String(payer)}@mail${String(payer % 50)}.example`,
        phone: `+34600${String(100_000 + (payer % 900_000))}`,
        name: 'A Payer',
        registeredAt: timestampFromMs(1_700_000_000_000 - (payer % 1000) * 86_400_000),
      },
      device: { id: `device-${String(payer)}`, userAgent: 'Mozilla/5.0 (bench)', acceptLanguage: 'es-ES' },
      ip: `${String(80 + (payer % 100))}.${String(payer % 250)}.${String((payer >> 3) % 250)}.${String(1 + (payer % 200))}`,
      billing: {
        line1: `Street ${String(payer)}`,
        city: 'Town',
        postalCode: String(10_000 + (payer % 80_000)),
        country,
      },
      shipping: {
        line1: `Street ${String(payer)}`,
        city: 'Town',
        postalCode: String(10_000 + (payer % 80_000)),
        country,
      },
      items: [
        {
          sku: `sku-${String(payer % 999)}`,
          name: 'Thing',
          category: 'toys',
          quantity: 1,
          unitPriceMinor: 999n,
        },
      ],
      ...(eventTimeMs === undefined ? {} : { eventTime: timestampFromMs(eventTimeMs) }),
    },
  });
}

/** Encoded requests, all with their own request id. */
export function encodedRequests(count: number, prefix: string, seed = 1): Uint8Array[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) =>
    toBinary(ScreenRequestSchema, screenRequest(index, random, prefix)),
  );
}

/** A message of the streamed call with `size` payments. */
export function screenBulkRequest(
  index: number,
  size: number,
  random: () => number,
  prefix: string,
): ScreenStreamRequest {
  return create(ScreenStreamRequestSchema, {
    entries: Array.from({ length: size }, (_, entry) => ({
      entry: { case: 'screen' as const, value: screenRequest(index * size + entry, random, prefix) },
    })),
  });
}

import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createPaymentResolver } from '../../src/facts/context.js';
import type { InstrumentInput } from '../../src/facts/payment.js';
import { REQUEST_FACTS, requestFact } from '../../src/facts/request/request-facts.js';
import { FACT_CATALOGUE, RULE_VOCABULARY } from '../../src/facts/catalogue.js';
import { guardOf } from '../../src/facts/guards.js';
import { PAYMENT_ATTRIBUTES } from '../../src/facts/attributes/vocabulary.js';
import type { Condition, RuleSetDocument, RuleSetPolicy } from '../../src/rules/document/document.js';
import { checkRuleSet } from '../../src/rules/check/check.js';
import { aCard, anAddress, aPayment, contextOptions } from './payments.js';

const LISTS = new Map([
  ['bad-emails', { type: 'email' }],
  ['places', { type: 'country' }],
]);

const test1 = (fact: string, operator: string, value: unknown, params?: object): Condition =>
  ({ fact, operator, value, ...(params === undefined ? {} : { params }) }) as Condition;
const has = (of: string, value = true): Condition => test1('has', 'equal', value, { of });
const burst = (by: string | string[]): Condition =>
  test1('velocity', 'greaterThanInclusive', 4, { fn: 'count', by, window: '1h' });

function found(conditions: Condition, policy: RuleSetPolicy = {}, more: object = {}): readonly string[] {
  const rule = { name: 'r', conditions, event: { type: 'review', params: { reason: 'x' } } };
  return of({ rules: [rule], policy, ...more });
}

function of(parts: object): readonly string[] {
  const document = { id: 'a', description: 'd', owner: 'o', rules: [], ...parts };
  const context = { catalogue: FACT_CATALOGUE, ...RULE_VOCABULARY, lists: LISTS };
  const { findings } = checkRuleSet(document, context);
  return findings
    .filter(({ code, severity }) => code === 'missing-guard' || severity === 'error')
    .map(({ code, path, message }) => `${code} ${path} ${/^where ([^,]*),/.exec(message)?.[1] ?? message}`);
}

describe('a guard that is wanting is told', () => {
  test.each<[string, Condition, readonly string[]]>([
    ['alone', { all: [burst('card')] }, ['/rules/0/conditions/all/0 the payment has no card']],
    [
      'of each part of a key',
      { all: [burst(['customer', 'device'])] },
      [
        '/rules/0/conditions/all/0 the payment has no customer',
        '/rules/0/conditions/all/0 the payment has no device',
      ],
    ],
    [
      'beside another',
      { all: [has('email'), burst('card')] },
      ['/rules/0/conditions/all/1 the payment has no card'],
    ],
    [
      'in one branch only',
      { any: [{ all: [has('card'), burst('card')] }, test1('card.bin', 'equal', '411111')] },
      ['/rules/0/conditions/any/1 the payment has no bin'],
    ],
    [
      'under not',
      { all: [{ not: test1('ip.country', 'equal', 'DE') }] },
      ['/rules/0/conditions/all/0/not the payment has no ipCountry'],
    ],
    [
      'the wrong way round',
      { all: [has('card', false), burst('card')] },
      ['/rules/0/conditions/all/1 the payment has no card'],
    ],
    [
      'of a list, by its type',
      { all: [test1('list', 'equal', true, { list: 'bad-emails' })] },
      ['/rules/0/conditions/all/0 the payment has no email'],
    ],
    [
      'of a list of countries',
      { all: [test1('list', 'equal', true, { list: 'places', of: 'issuerCountry' })] },
      ['/rules/0/conditions/all/0 the payment has no issuerCountry'],
    ],
    [
      'of a wallet',
      { all: [test1('card.wallet', 'equal', 'none')] },
      ['/rules/0/conditions/all/0 it is not paid with a card'],
    ],
    [
      'on the other side',
      { all: [test1('site.country', 'notEqual', { fact: 'billing.country' })] },
      ['/rules/0/conditions/all/0 the payment has no billingCountry'],
    ],
  ])('%s', (_, condition, expected) => {
    expect(found(condition)).toEqual(expected.map((text) => `missing-guard ${text}`));
  });

  test('in a named condition, where that is asked', () => {
    const conditions = { quick: { all: [burst('card')] } };
    expect(found({ all: [{ condition: 'quick' }] }, {}, { conditions })).toEqual([
      'missing-guard /rules/0/conditions/all/0/condition the payment has no card',
    ]);
  });

  test('with what to write', () => {
    const rule = {
      name: 'r',
      conditions: { all: [burst('card')] },
      event: { type: 'review', params: { reason: 'x' } },
    };
    const { findings } = checkRuleSet(
      { id: 'a', description: 'd', owner: 'o', rules: [rule] },
      { catalogue: FACT_CATALOGUE },
    );
    expect(findings.map(({ message }) => message)).toEqual([
      'where the payment has no card, velocity is missing: the rule is unknown and the decision degraded; with {"fact":"has","params":{"of":"card"},"operator":"equal","value":true} beside it, it does not hit',
    ]);
  });
});

describe('no guard is wanting', () => {
  test.each<[string, Condition, RuleSetPolicy]>([
    ['beside it', { all: [has('card'), burst('card')] }, {}],
    ['said otherwise', { all: [{ not: has('card', false) }, burst('card')] }, {}],
    ['further out', { all: [has('card'), { any: [burst('card'), { not: burst('card') }] }] }, {}],
    ['as the other branch', { any: [has('card', false), burst('card')] }, {}],
    ['a card is an account', { all: [has('card'), burst('account')] }, {}],
    ['an e-mail has a domain', { all: [has('emailDomain'), burst(['emailDomain', 'site'])] }, {}],
    [
      'who is no guest is a customer',
      { all: [test1('customer.guest', 'equal', false), burst('customer')] },
      {},
    ],
    ['a BIN is that of a card', { all: [has('bin'), test1('card.wallet', 'equal', 'none')] }, {}],
    ['what every payment has', { all: [test1('payment.currency', 'equal', 'EUR'), burst('site')] }, {}],
    ['missing is undefined', { all: [burst('card')] }, { missing: 'as-undefined' }],
    ['what cannot be told is let go', { all: [burst('card')] }, { onUnknown: 'accept' }],
  ])('%s', (_, condition, policy) => {
    expect(found(condition, policy)).toEqual([]);
  });

  test('of a rule that is switched off', () => {
    const rule = {
      name: 'r',
      enabled: false,
      conditions: { all: [burst('card')] },
      event: { type: 'review', params: { reason: 'x' } },
    };
    expect(of({ rules: [rule] })).toEqual([]);
  });

  test('in what ships', () => {
    for (const name of readdirSync('rules').filter((one) => one.endsWith('.rules.json'))) {
      const document = JSON.parse(readFileSync(`rules/${name}`, 'utf8')) as RuleSetDocument;
      const { findings } = checkRuleSet(document, { catalogue: FACT_CATALOGUE, ...RULE_VOCABULARY });
      expect(findings.filter(({ code }) => code === 'missing-guard')).toEqual([]);
    }
  });
});

describe('a limit', () => {
  const limit = (when: Condition, by: readonly string[]) => ({
    name: 'day',
    when,
    by,
    period: 'day',
    cap: { minor: 500, currency: 'EUR' },
    reason: 'x',
  });
  const kind = test1('payment.kind', 'equal', 'payment');

  test('wants one for its key, and for what it asks', () => {
    expect(of({ limits: [limit({ all: [kind] }, ['card', 'site'])] })).toEqual([
      'missing-guard /limits/0/by/0 the payment has no card',
    ]);
    expect(of({ limits: [limit({ all: [has('card')] }, ['card'])] })).toEqual([]);
    expect(of({ limits: [limit({ all: [burst('card')] }, ['card'])] })).toEqual([
      'missing-guard /limits/0/when/all/0 the payment has no card',
    ]);
  });
});

test('every attribute that may be lacking has a guard that is never missing', () => {
  for (const attribute of PAYMENT_ATTRIBUTES) {
    const guard = guardOf(attribute)?.guard;
    if (guard !== undefined) expect(found({ all: [guard] })).toEqual([]);
  }
});

test('where no guard is wanting for it, a rule is never unknown for want of a card', () => {
  const member = fc.constantFrom(
    has('card'),
    has('card', false),
    burst('card'),
    test1('customer.guest', 'equal', true),
    test1('payment.itemCount', 'greaterThan', 3),
  );
  const condition = fc.letrec<{ node: Condition; group: Condition }>((tie) => ({
    node: fc.oneof({ maxDepth: 3, depthSize: 'small' }, member, tie('group')),
    group: fc.oneof(
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      tie('node').map((not) => ({ not })),
    ),
  })).group;
  const told = { yes: 0, no: 0 };
  fc.assert(
    fc.property(condition, (drawn) => {
      const texts = found(drawn);
      if (texts.some((text) => text.startsWith('unreachable'))) return;
      const silent = texts.length === 0;
      told[silent ? 'no' : 'yes'] += 1;
      if (silent)
        for (const guest of [true, false])
          for (const many of [true, false]) expect(truth(drawn, guest, many)).not.toBe(undefined);
    }),
    { numRuns: 500 },
  );
  expect(Math.min(told.yes, told.no)).toBeGreaterThan(50);

  /** Three-valued, of a payment without card; undefined: unknown. */
  function truth(one: Condition, guest: boolean, many: boolean): boolean | undefined {
    const inner = (child: Condition): boolean | undefined => truth(child, guest, many);
    if ('all' in one) {
      const all = one.all.map(inner);
      return all.includes(false) ? false : all.includes(undefined) ? undefined : true;
    }
    if ('any' in one) {
      const any = one.any.map(inner);
      return any.includes(true) ? true : any.includes(undefined) ? undefined : false;
    }
    if ('not' in one) {
      const not = inner(one.not);
      return not === undefined ? undefined : !not;
    }
    if (!('fact' in one)) throw new Error('not drawn');
    if (one.fact === 'has') return one.value === false;
    if (one.fact === 'velocity') return undefined;
    return one.fact === 'customer.guest' ? guest : many;
  }
});

test('where a guard is false, the fact is missing or what the guard says, whatever a payment lacks', () => {
  const places = createPaymentResolver(
    contextOptions({ geography: { country: (ip) => (ip === '' ? '' : 'FR') } }),
  );
  const text = (...values: string[]) => fc.constantFrom('', ...values);
  const payments = fc.record({
    merchant: text('m-1', 'm-unknown'),
    terminal: text('t-1'),
    orderId: text('o-1'),
    ip: text('203.0.113.7'),
    billing: fc.constantFrom(undefined, anAddress(), anAddress({ country: '' })),
    shipping: fc.constantFrom(undefined, anAddress({ country: 'FR' })),
    instrument: fc
      .record({
        type: fc.constantFrom<InstrumentInput['type']>('card', 'voucher', 'static-code'),
        method: text('visa'),
        token: text('tok_1'),
        fingerprint: text('fp_1'),
        bin: text('453231'),
        issuerCountry: text('ES'),
        funding: fc.constantFrom<InstrumentInput['funding']>('', 'debit'),
        wallet: text('apple_pay'),
      })
      .map(aCard),
    customer: fc
      .record({
        id: text('c-1'),
        email: text('jane@example.com', 'nobody'),
        phone: text('+4917012345678', 'none'),
        name: text('Jane'),
        registeredAt: fc.constantFrom(undefined, 0),
      })
      // Who has no account never registered one.
      .map((customer) => (customer.id === '' ? { ...customer, registeredAt: undefined } : customer)),
  });
  const asked = [
    ...REQUEST_FACTS.filter(({ params }) => params === undefined).map(({ name }) => ({ name, params: {} })),
    ...PAYMENT_ATTRIBUTES.map((of) => ({ name: 'has', params: { of } })),
    ...['ip', 'issuer', 'billing', 'shipping', 'phone'].map((a) => ({
      name: 'geo.mismatch',
      params: { a, b: 'site' },
    })),
  ];
  let lacking = 0;
  fc.assert(
    fc.property(payments, (over) => {
      const context = places(aPayment(over), Date.UTC(2026, 6, 2));
      for (const { name, params } of asked)
        for (const { guard, worth } of FACT_CATALOGUE.get(name)?.guards?.(params, undefined) ?? []) {
          if (requestFact(guard.fact, guard.params)(context) === guard.value) continue;
          lacking += 1;
          expect([name, params, requestFact(name, params)(context)]).toEqual([name, params, worth]);
        }
    }),
    { numRuns: 300 },
  );
  expect(lacking).toBeGreaterThan(1000);
});

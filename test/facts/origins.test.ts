import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { ORIGINS, originsOf } from '../../src/facts/origins.js';
import type { FactParams } from '../../src/rules/document/document.js';

function origins(fact: string, params?: FactParams): readonly string[] {
  const definition = FACT_CATALOGUE.get(fact);
  return definition === undefined ? [] : originsOf(definition, params);
}

describe('what the value of a fact is read from', () => {
  it('is known of every fact', () => {
    for (const { name, example } of FACT_CATALOGUE.values()) {
      const found = origins(name, example?.['params'] as FactParams | undefined);
      expect(found.length, name).toBeGreaterThan(0);
      expect(ORIGINS).toEqual(expect.arrayContaining([...found]));
    }
  });

  it.each<[string, FactParams | undefined, readonly string[]]>([
    ['payment.currency', undefined, ['request']],
    ['payment.amountBase', undefined, ['request', 'rates']],
    ['velocity', { fn: 'count', by: 'card', window: '1h' }, ['journal']],
    ['habit', { by: 'customer', window: '30d' }, ['journal']],
    ['site.group', undefined, ['site']],
    ['merchant.small', undefined, ['merchant']],
    ['time.hour', undefined, ['clock']],
    ['ip.country', undefined, ['geography']],
    ['card.issuerCountry', undefined, ['request', 'bins']],
    ['instrument.funding', undefined, ['request', 'bins']],
    ['geo.mismatch', { a: 'ip', b: 'issuer' }, ['geography', 'request', 'bins']],
    ['geo.mismatch', { a: 'billing', b: 'shipping' }, ['request']],
    ['list', { list: 'x' }, ['list', 'request']],
    ['list', { list: 'x', of: 'ipCountry' }, ['list', 'geography']],
    ['list', { list: 'x', of: 'siteCountry' }, ['list', 'site']],
  ])('%s %o', (fact, params, expected) => {
    expect(origins(fact, params)).toEqual(expected);
  });
});

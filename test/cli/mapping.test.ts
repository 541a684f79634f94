import { readFileSync } from 'node:fs';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CardFunding, PaymentKind } from '../../src/gen/tollgate/v1/payment_pb.js';
import { parseMapFile, type MapFile } from '../../src/cli/mapping/map-file.js';
import { mappedColumns, rowMapper, type MappedRow } from '../../src/cli/mapping/map-row.js';
import { parseTemplate } from '../../src/cli/mapping/template.js';

const BASE = {
  requestId: 'r{id}',
  time: { column: 'when' },
  amount: { column: 'sum', defaultCurrency: 'EUR' },
  fields: { site: 'shop' },
};

function mapOf(json: object): MapFile {
  const parsed = parseMapFile({ ...BASE, ...json });
  if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
  return parsed.map;
}

function problemsOf(json: object): readonly string[] {
  const parsed = parseMapFile(json);
  return 'problems' in parsed ? parsed.problems : [];
}

function row(json: object, values: Record<string, string>, number = 1): MappedRow | { problem: string } {
  const filled: Record<string, string> = { id: '1', when: '2026-03-02T10:00:00Z', sum: '1.00', ...values };
  return rowMapper(mapOf(json))((column) => filled[column] ?? '', number);
}

function good(json: object, values: Record<string, string>, number = 1): MappedRow {
  const mapped = row(json, values, number);
  if ('problem' in mapped) throw new Error(mapped.problem);
  return mapped;
}

describe('a template', () => {
  const render = (source: string, values: Record<string, string>): string | undefined =>
    parseTemplate(source)?.render((column) => values[column] ?? '', 7);

  it.each([
    ['plain', {}, 'plain'],
    ['{a}', { a: 'x' }, 'x'],
    ['t-{a}-{b}', { a: 'x', b: '' }, 't-x-'],
    ['t-{a}', { a: '' }, ''],
    ['{#}', {}, '7'],
    ['{{a}}', {}, '{a}'],
  ])('%s with %j is %s', (source, values, expected) => {
    expect(render(source, values as Record<string, string>)).toBe(expected);
  });

  it.each(['{a', 'a}', '{}', '{a}}x{'])('%s is none', (source) => {
    expect(parseTemplate(source)).toBeUndefined();
  });
});

describe('a map file', () => {
  it('fills attributes of any name but __proto__, from columns of any name', () => {
    const values = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    const { payment } = good({ fields: { 'attributes.constructor': '{__proto__}' } }, values);
    expect(Object.entries(payment.attributes)).toEqual([['constructor', 'x']]);
    const fields = { 'attributes.__proto__': '{id}' };
    expect(problemsOf({ ...BASE, fields })).toEqual([
      "fields.attributes.__proto__: a name in 'attributes' must not be __proto__",
    ]);
    const hostile = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    expect(problemsOf(Object.assign(hostile, BASE)).join()).toContain('__proto__: no such key');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('names all keys there are, also those that are missing', () => {
    expect(problemsOf({ requestId: '{id}', felds: {} })).toEqual([
      'fields: missing',
      'time: missing',
      'amount: missing',
      'felds: no such key; there are $comment, format, delimiter, requestId, fields, time, amount, label, outcome, sites',
    ]);
  });

  it('names each key at fault, all at once', () => {
    const found = problemsOf({
      format: 'xml',
      delimiter: ';;',
      requestId: 'fixed',
      time: { unit: 'hours', base: 'soon' },
      amount: { column: 'sum', decimals: 9, colour: 'red' },
      fields: {
        'customer.shoe': '{x}',
        'instrument.card.bin': '{bin',
        items: '{x}',
        'amount.minor': '{x}',
        site: 5,
      },
      label: { column: 'fraud', fraudWhen: {}, delay: 'a week' },
      sites: [{ id: 'a', timezone: 'UTC' }],
      extra: 1,
    });
    const keys = found.map((problem) => problem.slice(0, problem.indexOf(':')));
    expect(keys.toSorted()).toEqual(
      [
        'format',
        'delimiter',
        'requestId',
        'time.column',
        'time.unit',
        'time.base',
        'time.base',
        'amount.decimals',
        'amount.defaultCurrency',
        'amount.colour',
        'fields.customer.shoe',
        'fields.instrument.card.bin',
        'fields.items',
        'fields.amount.minor',
        'fields.site',
        'label.fraudWhen',
        'label.delay',
        'sites[0]',
        'extra',
      ].toSorted(),
    );
    expect(found.join('\n')).toContain('customer.shoe: Customer has no field');
  });

  it('says what is missing', () => {
    expect(problemsOf({})).toEqual([
      'requestId: missing',
      'fields: missing',
      'time: missing',
      'amount: missing',
    ]);
    expect(problemsOf([])).toEqual(['the map: must be an object']);
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect('map' in parseMapFile(json)).toBe(false);
      }),
    );
  });

  it('that ships for the public file reads its columns', () => {
    const shipped = new URL('../../rules/maps/payments-120d.map.json', import.meta.url);
    const parsed = parseMapFile(JSON.parse(readFileSync(shipped, 'utf8')));
    if ('problems' in parsed) throw new Error(parsed.problems.join('; '));
    expect(mappedColumns(parsed.map).toSorted()).toEqual(
      ['amount', 'customer', 'fraud_scenario', 'row', 'seconds', 'terminal'].toSorted(),
    );
    const values: Record<string, string> = {
      row: '12',
      seconds: '86401',
      customer: '3',
      terminal: '44',
      amount: '57.1',
      fraud_scenario: '2',
    };
    const mapped = rowMapper(parsed.map)((column) => values[column] ?? '', 1);
    const at = Date.UTC(2018, 3, 2, 0, 0, 1);
    expect(mapped).toMatchObject({
      at,
      requestId: 'p120d-12',
      fraud: true,
      later: [{ kind: 'label', knownAt: at + 7 * 86_400_000, fraud: true }],
      payment: {
        terminal: 't44',
        merchant: 'm44',
        amount: { minor: 5710n, currency: 'USD' },
        customer: { id: 'c3' },
        instrument: { kind: { case: 'card', value: { fingerprint: 'card-3' } } },
      },
    });
  });
});

describe('a row', () => {
  it('fills fields of every type, and leaves out what is empty', () => {
    const fields = {
      site: 'shop',
      'customer.email': '{mail}',
      'customer.registeredAt': '{since}',
      'instrument.card.bin': '{bin}',
      'instrument.card.funding': '{funding}',
      'instrument.card.expiryMonth': '{month}',
      'device.utcOffsetMinutes': '{offset}',
      'attributes.channel.name': '{channel}',
    };
    const values = {
      mail: '',
      since: '2026-01-02',
      bin: '405921',
      funding: 'debit',
      month: '4',
      offset: '-60',
      channel: 'app',
    };
    const { payment } = good({ fields }, values);
    expect(payment.customer?.email).toBe('');
    expect(payment.customer?.registeredAt?.seconds).toBe(BigInt(Date.UTC(2026, 0, 2) / 1000));
    expect(payment.instrument?.kind.value).toMatchObject({
      bin: '405921',
      funding: CardFunding.DEBIT,
      expiryMonth: 4,
    });
    expect(payment.device?.utcOffsetMinutes).toBe(-60);
    expect(payment.attributes).toEqual({ 'channel.name': 'app' });
    expect(payment.billing).toBeUndefined();
  });

  it('replaces values, and refuses those that are not among them', () => {
    const fields = { site: { from: '{country}', values: { ESP: 'es', FRA: 'fr' } } };
    expect(good({ fields }, { country: 'FRA' }).payment.site).toBe('fr');
    expect(row({ fields }, { country: 'ITA' })).toEqual({
      problem: "fields.site: 'ITA' is not among its values",
    });
  });

  it.each([
    [{ column: 'when', unit: 'seconds', base: '2018-04-01T00:00:00Z' }, '1.5', Date.UTC(2018, 3, 1) + 1500],
    [{ column: 'when', unit: 'millis' }, '1500', 1500],
    [{ column: 'when' }, '2026-03-02 10:00:00', Date.UTC(2026, 2, 2, 10)],
    [{ column: 'when' }, '2026-03-02T10:00:00+02:00', Date.UTC(2026, 2, 2, 8)],
    [{ column: 'when' }, '2026-03-02 10:00:00.5+02', Date.UTC(2026, 2, 2, 8, 0, 0, 500)],
    [{ column: 'when' }, '2026-03-02t10:00z', Date.UTC(2026, 2, 2, 10)],
    [{ column: 'when' }, '2026-03-02', Date.UTC(2026, 2, 2)],
  ])('reads time by %j: %s', (time, text, expected) => {
    const mapped = good({ time }, { when: text });
    expect(mapped.at).toBe(expected);
    expect(mapped.payment.eventTime && timestampMs(mapped.payment.eventTime)).toBe(expected);
  });

  it('has dates in UTC where they name no zone, whatever the machine’s is', () => {
    vi.stubEnv('TZ', 'America/Sao_Paulo');
    try {
      expect(new Date(0).getTimezoneOffset()).toBe(180);
      const time = { column: 'seconds', unit: 'seconds', base: '2026-03-02 10:00:00' };
      const fields = { site: 'shop', 'customer.registeredAt': '{since}' };
      const mapped = good({ time, fields }, { seconds: '5', since: '2026-01-02 03:04:05' });
      expect(mapped.at).toBe(Date.UTC(2026, 2, 2, 10, 0, 5));
      const since = mapped.payment.customer?.registeredAt;
      expect(since && timestampMs(since)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.each([
    [{}, '0.29', 29n],
    [{}, '1.10', 110n],
    [{ defaultCurrency: 'JPY' }, '500', 500n],
    [{ defaultCurrency: 'KWD' }, '1.234', 1234n],
    [{ defaultCurrency: 'KWD', decimals: 2 }, '1.25', 1250n],
    [{ unit: 'minor' }, '1234', 1234n],
    [{}, '90071992547409.91', 9007199254740991n],
  ])('reads an amount by %j exactly: %s', (amount, text, minor) => {
    const mapped = good({ amount: { ...BASE.amount, ...amount } }, { sum: text });
    expect(mapped.payment.amount?.minor).toBe(minor);
  });

  it('reads every amount of cents exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (minor) => {
        const digits = String(minor).padStart(3, '0');
        const text = `${digits.slice(0, -2)}.${digits.slice(-2)}`;
        const mapped = row({}, { sum: text });
        if (minor === 0) expect(mapped).toHaveProperty('problem');
        else expect((mapped as MappedRow).payment.amount?.minor).toBe(BigInt(minor));
      }),
    );
  });

  it.each([
    [{ sum: 'abc' }, "amount: 'abc' is not a decimal number"],
    [{ sum: '1.005' }, "amount: '1.005' has more decimals"],
    [{ sum: '-1' }, "amount: '-1' is below zero"],
    [{ sum: '0' }, 'amount: it is zero'],
    [{ sum: '' }, "amount: '' is not a decimal number"],
    [{ when: 'soon' }, "time: 'soon' is not a moment"],
    [{ when: '2026-13-45' }, "time: '2026-13-45' is not a moment"],
    [{ when: '2026-02-30' }, "time: '2026-02-30' is not a moment"],
    [{ when: '2026-02-29 10:00:00' }, "time: '2026-02-29 10:00:00' is not a moment"],
    [{ when: '2026-03-021' }, "time: '2026-03-021' is not a moment"],
    [{ id: '' }, 'requestId: it is empty'],
  ])('with %j is refused: %s', (values, problem) => {
    expect((row({}, values) as { problem: string }).problem).toContain(problem);
  });

  it.each(['', ' ', 'x', '1e300', '9e15'])("with '%s' for a number of seconds is refused", (when) => {
    const time = { column: 'when', unit: 'seconds', base: '2018-04-01' };
    expect(row({ time }, { when })).toEqual({ problem: `time: '${when}' is not a number of seconds` });
  });

  it('of zero is a card check where the map says so', () => {
    const { payment } = good({ amount: { ...BASE.amount, zero: 'card-check' } }, { sum: '0.00' });
    expect(payment.kind).toBe(PaymentKind.CARD_CHECK);
  });

  it('takes its currency from a column, and the default where that is empty', () => {
    const amount = { ...BASE.amount, currencyColumn: 'cur' };
    expect(good({ amount }, { cur: 'JPY', sum: '5' }).payment.amount).toMatchObject({
      minor: 5n,
      currency: 'JPY',
    });
    expect(good({ amount }, { cur: '' }).payment.amount?.currency).toBe('EUR');
    expect(row({ amount }, { cur: 'XXZ' })).toEqual({ problem: "amount: 'XXZ' is no ISO 4217 currency" });
  });

  it('tells its label and the answer of the issuer at the moment they became known', () => {
    const json = {
      label: { column: 'fraud', fraudWhen: { equals: ['Y', 'S'] }, delay: '7d', sendGood: true },
      outcome: { column: 'response', authorised: ['00'], delay: '3s' },
    };
    const at = Date.UTC(2026, 2, 2, 10);
    expect(good(json, { fraud: 'S', response: '00' })).toMatchObject({
      fraud: true,
      later: [
        { kind: 'authorised', knownAt: at + 3000 },
        { kind: 'label', knownAt: at + 7 * 86_400_000, fraud: true },
      ],
    });
    expect(good(json, { fraud: 'N', response: '51' })).toMatchObject({
      fraud: false,
      later: [
        { kind: 'declined', code: '51' },
        { kind: 'label', fraud: false },
      ],
    });
    expect(good(json, { fraud: '', response: '' })).toMatchObject({ fraud: undefined, later: [] });
  });

  it('is not taken for good where its label should be a number and is none', () => {
    const label = { column: 'fraud', fraudWhen: { greaterThan: 0 }, delay: '7d' };
    expect(good({ label }, { fraud: '2' })).toMatchObject({ fraud: true });
    expect(good({ label }, { fraud: '0' })).toMatchObject({ fraud: false });
    expect(good({ label }, { fraud: ' ' })).toMatchObject({ fraud: undefined, later: [] });
    expect(row({ label }, { fraud: 'yes' })).toEqual({ problem: "label: 'yes' is not a number" });
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { HISTORY_QUESTIONS } from '../../../src/facts/velocity/specs/specs.js';
import { VELOCITY_FUNCTIONS } from '../../../src/facts/velocity/specs/velocity-spec.js';
import { STREAM_KINDS } from '../../../src/facts/attributes.js';
import { OPERATORS } from '../../../src/rules/document/operators.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../../../src/rules/outcome.js';
import { openEditor } from './editor.js';

/* What Visual Studio Code offers, by its own completion engine, with the schemas that lie beside the rules. */

const read = (name: string): unknown => JSON.parse(readFileSync(`rules/${name}`, 'utf8'));
const editor = openEditor(read('rule-set.schema.json'));
const cases = openEditor(read('cases.schema.json'));

const inRule = (test: string): string => `{"rules": [{"conditions": {"all": [${test}]}}]}`;
const inParams = (params: string): string => inRule(`{"fact": "velocity", "params": {${params}}}`);

async function labels(text: string): Promise<readonly string[]> {
  return (await editor.offers(text)).map(({ label }) => label);
}

const COMPARED = ['greaterThanInclusive', 'greaterThan', 'lessThanInclusive', 'lessThan'];
const named = (json: string): unknown[] =>
  (read(json) as { lists: { id: string }[] }).lists.map(({ id }) => id);

describe('at this place an editor offers, with a description,', () => {
  const places: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['the facts', inRule('{"fact": |}'), [...FACT_CATALOGUE.keys()]],
    ['the facts, while one is typed', inRule('{"fact": "vel|"}'), ['velocity', 'history']],
    ['whole conditions', inRule('|'), ['all', 'any', 'not', 'named condition', 'velocity', 'list']],
    [
      'what a condition holds',
      inRule('{|}'),
      ['all', 'any', 'not', 'condition', 'fact', 'operator', 'value', 'params'],
    ],
    [
      'what a velocity takes',
      inParams('|'),
      ['fn', 'of', 'by', 'window', 'events', 'filter', 'clock', 'includeCurrent'],
    ],
    ['functions', inParams('"fn": |'), VELOCITY_FUNCTIONS],
    ['keys', inParams('"fn": "count", "by": |'), ['card', 'email', 'ip', 'customer', 'account']],
    ['keys in a list', inParams('"fn": "count", "by": ["card", |]'), ['email', 'ip']],
    ['events', inParams('"fn": "count", "events": |'), [...STREAM_KINDS, 'succeeded']],
    ['attributes to filter by', inParams('"fn": "count", "filter": {|}'), ['funding', 'currency', 'outcome']],
    [
      'values to filter by',
      inParams('"fn": "count", "filter": {"funding": |}'),
      ['credit', 'debit', 'prepaid'],
    ],
    ['questions to the history', inRule('{"fact": "history", "params": {"what": |}}'), HISTORY_QUESTIONS],
    ['lists that ship', inRule('{"fact": "list", "params": {"list": |}}'), named('lists.json')],
    [
      'values of a closed set',
      inRule('{"fact": "payment.kind", "operator": "in", "value": [|]}'),
      ['payment', 'card-check'],
    ],
    ['truth', inRule('{"fact": "customer.guest", "operator": "equal", "value": |}'), ['true', 'false']],
    ['all operators, before there is a fact', inRule('{"operator": |}'), OPERATORS],
    [
      'parts of an event',
      '{"rules": [{"event": {"type": "review", "params": {|}}}]}',
      ['reason', 'score', 'threeDs', 'exemption', 'message'],
    ],
    ['event types', '{"rules": [{"event": {"type": |}}]}', [...OUTCOMES, 'score']],
    [
      'reasons in use',
      '{"rules": [{"event": {"params": {"reason": |}}}]}',
      ['velocity.card', 'velocity.email', 'limit.account-day'],
    ],
    ['demands', '{"rules": [{"event": {"params": {"threeDs": |}}}]}', THREE_DS_DEMANDS],
    ['exemptions', '{"rules": [{"event": {"params": {"exemption": |}}}]}', SCA_EXEMPTIONS],
    [
      'what a limit holds',
      '{"limits": [{|}]}',
      ['name', 'when', 'by', 'period', 'zone', 'cap', 'gradeFactors', 'outcome', 'reason', 'refunds'],
    ],
    ['what a limit counts by', '{"limits": [{"by": [|]}]}', ['owner', 'account', 'card']],
    ['periods', '{"limits": [{"period": |}]}', ['day', 'month']],
    ['grades', '{"limits": [{"gradeFactors": {|}}]}', ['A', 'B', 'C', 'D', 'E']],
    ['policies', '{"policy": {"missing": |}}', ['unknown', 'as-undefined']],
    ['thresholds', '{"thresholds": [{|}]}', ['score', 'outcome', 'reason', 'threeDs']],
    [
      'another fact to compare with',
      inRule('{"fact": "payment.currency", "operator": "equal", "value": {"fact": |}}'),
      ['site.currency'],
    ],
  ];
  it.each(places)('%s', async (_, text, expected) => {
    const offers = await editor.offers(text);
    expect(offers.map(({ label }) => label)).toEqual(expect.arrayContaining([...expected]));
    const plain = offers.filter(({ label }) => expected.includes(label) && label.length > 0);
    expect(plain.filter(({ text: says }) => says === '')).toEqual([]);
  });
});

describe('only what fits is offered:', () => {
  it.each<[string, string, readonly string[]]>([
    ['operators of numbers', 'payment.amountBase', [...COMPARED, 'equal', 'notEqual', 'in', 'notIn']],
    ['operators of texts', 'card.bin', ['equal', 'notEqual', 'in', 'notIn']],
    ['operators of truths', 'customer.guest', ['equal', 'notEqual']],
    [
      'operators and decorators of lists',
      'payment.skus',
      ['contains', 'doesNotContain', 'someFact:in', 'everyFact:in', 'not:someFact:in', 'someFact:equal'],
    ],
  ])('%s', async (_, fact, expected) => {
    expect(await labels(inRule(`{"fact": "${fact}", "operator": |}`))).toEqual(expected);
    expect(await labels(inRule(`{"fact": "${fact}", "operator": "e|"}`))).toEqual(expected);
  });

  it('no parameters of another fact', async () => {
    expect(await labels(inRule('{"fact": "habit", "params": {|}}'))).not.toContain('fn');
    expect(await labels(inRule('{"fact": "customer.guest", "params": {|}}'))).toEqual([]);
    expect(await labels(inParams('"fn": "count", |'))).not.toContain('what');
  });
});

describe('what is offered is not all that is taken', () => {
  const rule = (test: object, reason: string): string =>
    JSON.stringify({
      id: 'a',
      description: 'd',
      owner: 'o',
      rules: [{ name: 'r', conditions: { all: [test] }, event: { type: 'review', params: { reason } } }],
    });
  it.each<[string, string]>([
    ['a reason of one’s own', rule({ fact: 'customer.guest', operator: 'equal', value: true }, 'mine.new')],
    [
      'a list of one’s own',
      rule({ fact: 'list', params: { list: 'mine' }, operator: 'equal', value: true }, 'x'),
    ],
    ['other decorators', rule({ fact: 'payment.skus', operator: 'not:everyFact:notIn', value: ['a'] }, 'x')],
  ])('%s', async (_, text) => expect(await editor.problems(text)).toEqual([]));

  it('but what is wrong is underlined', async () => {
    const text = rule({ fact: 'payment.kind', operator: 'equal', value: 'cash' }, 'Not A Reason');
    expect((await editor.problems(text)).length).toBeGreaterThanOrEqual(2);
  });
});

describe('what an author meets', () => {
  it('is told when the pointer rests on it', async () => {
    expect(await editor.hover(inRule('{"fact": "customer.ac|countAgeDays"}'))).toContain('Whole days since');
    expect(await editor.hover(inParams('"fn": "dist|inct"'))).toContain('How many different values');
  });

  it('has a description at every name that can be written', () => {
    const bare: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      if (Array.isArray(schema)) {
        schema.forEach((one, at) => visit(one, `${path}/${at}`));
        return;
      }
      for (const [key, part] of Object.entries(schema as Record<string, unknown>)) {
        if (key === 'if') continue;
        if (key === 'properties' && !path.endsWith('/properties'))
          for (const [name, property] of Object.entries(
            part as Record<string, { $ref?: string; description?: string }>,
          ))
            if (
              !path.includes('/then') &&
              property.description === undefined &&
              !/(fact|path|operator|reason)$/.test(property.$ref ?? '')
            )
              bare.push(`${path}/${key}/${name}`);
        visit(part, `${path}/${key}`);
      }
    };
    visit(read('rule-set.schema.json'), '');
    visit(read('cases.schema.json'), 'cases');
    expect(bare).toEqual([]);
  });

  it('draws no line under what ships', async () => {
    for (const name of readdirSync('rules').filter((one) => /\.(rules|cases)\.json$/.test(one))) {
      const by = name.endsWith('.rules.json') ? editor : cases;
      expect([name, await by.problems(readFileSync(`rules/${name}`, 'utf8'))]).toEqual([name, []]);
    }
  });

  it('in cases is completed too', async () => {
    const offers = await cases.offers('{"cases": [{"stream": [{"payment": {}, "expect": {|}}]}]}');
    expect(offers.map(({ label }) => label)).toEqual(
      expect.arrayContaining(['outcome', 'threeDs', 'hits', 'notHits', 'exceeded']),
    );
    expect(offers.filter(({ text }) => text === '')).toEqual([]);
  });
});

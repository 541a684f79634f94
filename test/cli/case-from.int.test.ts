import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, type Connection } from '../../src/cli/client.js';
import { readStoredDecision } from '../../src/cli/stored-decision.js';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { Outcome, ThreeDsDemand, type Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Service } from '../../src/main.js';
import { caseFrom, speakingSets } from '../../src/rehearsal/case-from/case-from.js';
import type { StoredDecision } from '../../src/rehearsal/case-from/stored-decision.js';
import { rehearseCase } from '../../src/rehearsal/run-cases.js';
import type { Condition, RuleSetDocument } from '../../src/rules/document/document.js';
import { createFolder, tollgate } from './support/run.js';
import { startedService } from './support/service.js';

const folder = createFolder();
let service: Service;
let api: Connection;
/** Decisions worth a look: all that were not simply accepted, and some that were. */
let chosen: readonly StoredDecision[];

const run = (args: readonly string[]) =>
  tollgate(args, { environment: { TOLLGATE_SERVER: service.grpcAddress } });
const at = (decision: Decision) => ({ id: decision.id, site: '', requestId: '' });

beforeAll(async () => {
  service = await startedService(folder);
  api = connect(service.grpcAddress, {
    deadlineMs: 10_000,
    now: Date.now,
    key: undefined,
    tls: undefined,
  });
  await run(['simulate', '--payments', '150', '--seed', '11']);
  const { decisions } = await api.decisions.listDecisions({ pageSize: 1000 });
  const plain = (one: Decision): boolean =>
    one.outcome === Outcome.ACCEPT && one.threeDs === ThreeDsDemand.NONE && one.hits.length === 0;
  const some = [...decisions.filter((one) => !plain(one)), ...decisions.filter(plain).slice(0, 5)];
  const read: StoredDecision[] = [];
  for (const decision of some) read.push(await readStoredDecision(api, at(decision)));
  chosen = read;
}, 180_000);
afterAll(async () => {
  api.close();
  await service.close();
  folder.remove();
});

const STATIC_CODE = {
  site: 'es',
  amount: { minor: '30000', currency: 'USD' },
  instrument: {
    staticCode: { method: 'pix', accountFingerprint: 'acc-real-77', funding: 'CARD_FUNDING_DEBIT' },
  },
  customer: {
    id: 'c-real-77',
    email: 'Jane.Doe@doe-family.example',
    name: 'Jane Doe',
    phone: '+34612345678',
  },
  ip: '79.155.1.1',
};

function made(stored: StoredDecision, ruleSets = speakingSets(stored)) {
  const file = { cases: [] };
  return caseFrom(stored, { catalogue: FACT_CATALOGUE, name: 'it', ruleSets, lists: [], file });
}

/** The set with that rule asking for more than any payment has; undefined: it asks for no number. */
function stricter(document: RuleSetDocument, rule: string): RuleSetDocument | undefined {
  const copy = structuredClone(document) as unknown as { rules: { name: string; conditions: Condition }[] };
  const { conditions } = copy.rules.find(({ name }) => name === rule) ?? { conditions: undefined };
  const tests = conditions !== undefined && 'all' in conditions ? conditions.all : [];
  const test = tests.find((one) => 'operator' in one && one.operator.startsWith('greaterThan'));
  if (test === undefined || !('value' in test) || typeof test.value !== 'number') return undefined;
  Object.assign(test, { value: 1e12 });
  return copy as unknown as RuleSetDocument;
}

/** What tells the payer of a payment. */
function tellingTexts({ payment }: StoredDecision): readonly string[] {
  const { customer, instrument, device, billing, shipping } = payment;
  const addresses = [billing, shipping].flatMap((address) =>
    address === undefined ? [] : [address.name, address.line1, address.postalCode],
  );
  return [
    customer.id,
    customer.email,
    customer.email.split('@')[1] ?? '',
    customer.phone,
    customer.name,
    payment.ip,
    payment.orderId,
    device.id,
    device.userAgent,
    instrument.token,
    instrument.fingerprint,
    instrument.last4,
    instrument.paymentAccountReference,
    ...addresses,
  ].filter((text) => text.length > 4);
}

describe('a case from a stored decision', () => {
  it('decides as it did, whatever was decided, and tells nobody', async () => {
    const outcomes = new Set<string>();
    for (const stored of chosen) {
      const found = await made(stored);
      if (!('ok' in found)) throw new Error(`${stored.id}: ${found.problems.join('; ')}`);
      const { outcome, threeDs } = stored;
      expect(found.ok.expect).toMatchObject({ outcome, threeDs });
      outcomes.add(outcome);
      const text = JSON.stringify(found.ok);
      expect(tellingTexts(stored).filter((telling) => text.includes(telling))).toEqual([]);
    }
    expect(chosen.length).toBeGreaterThan(10);
    expect(outcomes).toEqual(new Set(['accept', 'review', 'reject']));
  }, 120_000);

  it('fails when the rule that decided asks for more', async () => {
    let mutated = 0;
    for (const stored of chosen) {
      for (const { ruleSet, rule } of stored.rules.filter(({ state }) => state === 'hit').slice(0, 1)) {
        const document = stored.documents.find(({ id }) => id === ruleSet);
        const changed = document === undefined ? undefined : stricter(document, rule);
        if (changed === undefined) continue;
        const found = await made(stored, [ruleSet]);
        if (!('ok' in found)) throw new Error(found.problems.join('; '));
        const options = { lists: [], catalogue: FACT_CATALOGUE };
        const { failures } = await rehearseCase(
          found.ok,
          { cases: [] },
          { ...options, documents: [changed] },
        );
        expect(failures.map(({ text }) => text)).toContain(`rule ${rule}: expected hit, is no-hit`);
        mutated += 1;
      }
    }
    expect(mutated).toBeGreaterThan(3);
  }, 120_000);

  it('knows what limits had been used', async () => {
    const decisions: Decision[] = [];
    for (const n of [1, 2, 3]) {
      const file = folder.file(
        'static.json',
        JSON.stringify({ requestId: `static-${n}`, payment: STATIC_CODE }),
      );
      await run(['decide', file]);
      const { decision } = await api.decisions.getDecision({ site: 'es', requestId: `static-${n}` });
      if (decision !== undefined) decisions.push(decision);
    }
    const stored = await Promise.all(decisions.map((decision) => readStoredDecision(api, at(decision))));
    const cases = await Promise.all(stored.map((one) => made(one, ['limits'])));
    const kept = cases.map((one) => ('ok' in one ? one.ok : one.problems));
    expect(kept).toMatchObject([
      { expect: { outcome: 'review', held: expect.arrayContaining(['account-day']) as string[] } },
      {
        stream: [{ used: { 'limits/account-day': '300.00 USD' } }],
        expect: { outcome: 'reject', exceeded: ['account-day'], reasons: ['limit.account-day'] },
      },
      { expect: { outcome: 'reject' } },
    ]);
    expect(JSON.stringify(kept)).not.toMatch(/real-77|doe|Jane|6123456|79\.155/i);
  });
});

describe('a case from a decision that reckoned in another currency', () => {
  it('says which, and what amount and caps were worth in it', async () => {
    const own = createFolder();
    const rates = { id: 'euro', base: 'EUR', asOf: '2026-03-01', rates: { USD: '0.8531', GBP: '1.1583' } };
    const euro = await startedService(own, own.file('rates.json', JSON.stringify(rates)));
    const there = (args: readonly string[]) =>
      tollgate(args, { environment: { TOLLGATE_SERVER: euro.grpcAddress } });
    for (const [n, currency] of ['USD', 'GBP'].entries()) {
      const payment = { ...STATIC_CODE, amount: { minor: '30000', currency } };
      await there(['decide', own.file('it.json', JSON.stringify({ requestId: `static-${n}`, payment }))]);
    }
    own.file('limits.rules.json', readFileSync('rules/limits.rules.json'));
    own.file('lists.json', readFileSync('rules/lists.json'));
    const file = join(own.path, 'limits.cases.json');
    for (const n of [0, 1]) {
      const which = ['--site', 'es', '--request-id', `static-${n}`, '--rule-sets', 'limits'];
      expect(
        await there(['rules', 'case-from', ...which.slice(0, n === 0 ? 6 : 4), '--file', file]),
      ).toMatchObject({
        code: 0,
        err: '',
      });
    }
    expect(await there(['rules', 'test', file])).toMatchObject({ code: 0, err: '' });
    await euro.close();
    const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: unknown[] };
    own.remove();
    expect(cases).toMatchObject([
      {
        baseCurrency: 'EUR',
        rates: { USD: '0.8531' },
        expect: { held: expect.arrayContaining(['account-day']) as string[] },
      },
      {
        baseCurrency: 'EUR',
        rates: { USD: '0.8531', GBP: '1.1583' },
        stream: [{ used: { 'limits/account-day': '255.93 EUR' } }],
        expect: { outcome: 'reject', exceeded: expect.arrayContaining(['account-day']) as string[] },
      },
    ]);
  });
});

describe('rules case-from', () => {
  const rejected = (): StoredDecision => {
    const found = chosen.find(({ outcome }) => outcome === 'reject');
    if (found === undefined) throw new Error('nothing was rejected');
    return found;
  };

  it('prints a file of cases that stands alone', async () => {
    const { id } = rejected();
    const { code, out, err } = await run(['rules', 'case-from', id]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const file = JSON.parse(out) as { ruleSets: string[]; cases: { name: string }[] };
    expect(file.ruleSets).toEqual(speakingSets(rejected()));
    expect(file.cases[0]?.name).toContain(`decision ${id}: reject`);
  });

  it('adds to a file that is there, which is then tested and laid out as it was', async () => {
    const stored = rejected();
    const [ruleSet = ''] = speakingSets(stored);
    const copy = (name: string): string => folder.file(name, readFileSync(`rules/${name}`, 'utf8'));
    // A rule set of that name is no file of lists.
    for (const name of ['lists.json', 'lists.rules.json', 'lists.cases.json']) copy(name);
    copy(`${ruleSet}.rules.json`);
    const file = copy(`${ruleSet}.cases.json`);
    const before = (JSON.parse(readFileSync(file, 'utf8')) as { cases: unknown[] }).cases.length;
    const add = ['rules', 'case-from', stored.id, '--file', file];
    expect(await run([...add, '--name', 'as it happened'])).toMatchObject({ code: 0, err: '' });
    const tested = await run(['rules', 'test', file]);
    expect(tested.out).toContain(`${before + 1} cases passed`);
    expect(await run(['rules', 'fmt', file, '--check'])).toMatchObject({ code: 0 });
    expect(await run([...add, '--name', 'as it happened'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('a case is named "as it happened" already') as string,
    });
  });

  it('begins a file, named after its set or naming those in force', async () => {
    const stored = rejected();
    const [ruleSet = ''] = speakingSets(stored);
    const begun = join(folder.path, 'begun.cases.json');
    const add = ['rules', 'case-from', stored.id, '--rule-sets', ruleSet, '--file', begun];
    expect(await run(add)).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(readFileSync(begun, 'utf8'))).toMatchObject({ ruleSets: [ruleSet], cases: [{}] });
    expect(await run(['rules', 'test', begun])).toMatchObject({ code: 0, err: '' });
  });

  it('says that a snooze made the decision, where no case can be like it', async () => {
    await run(['lists', 'add', 'block-emails', 'snoozed@mail.example', '--reason', 'resold']);
    await run(['rules', 'snooze', 'lists', 'block-email', '--for', '1h', '--reason', 'a test']);
    const payment = { ...STATIC_CODE, customer: { email: 'snoozed@mail.example' } };
    const file = folder.file('snoozed.json', JSON.stringify({ requestId: 'snoozed', payment }));
    await run(['decide', file]);
    const { code, err } = await run(['rules', 'case-from', '--site', 'es', '--request-id', 'snoozed']);
    expect(code).toBe(1);
    expect(err).toMatch(/^ +rule lists\/block-email was snoozed by tester, which a case cannot be:/m);
  });

  it('says which rule sets there are to choose from, and when there is no such decision', async () => {
    const others = await run(['rules', 'case-from', rejected().id, '--rule-sets', 'nobody']);
    expect(others).toMatchObject({ code: 2 });
    expect(others.err).toMatch(/^tollgate: nobody: took no part in the decision; behaviour, /);
    expect(await run(['rules', 'case-from', '00000000000000000000000000'])).toMatchObject({ code: 1 });
    expect(await run(['rules', 'case-from'])).toMatchObject({ code: 2 });
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../src/main.js';
import { createFolder, tollgate, type Ran, type RunOptions } from './support/run.js';
import { startedService } from './support/service.js';

const folder = createFolder();
let service: Service;
beforeAll(async () => {
  service = await startedService(folder);
});
afterAll(async () => {
  await service.close();
  folder.remove();
});

const run = (args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  tollgate(args, {
    ...options,
    environment: { TOLLGATE_SERVER: service.grpcAddress, ...options.environment },
  });
async function json(args: readonly string[], options: RunOptions = {}): Promise<any> {
  const { code, out, err } = await run([...args, '--json'], options);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

const PAYMENT = {
  site: 'es',
  orderId: 'o-1',
  amount: { minor: '4990', currency: 'EUR' },
  instrument: { card: { fingerprint: 'fp-decide', bin: '405921' } },
  customer: { id: 'c-decide', email: 'ana@mail.example' },
  ip: '79.155.1.1',
};

describe('decide and decisions', () => {
  it('decides a payment, and gives the stored decision when it is asked again', async () => {
    const file = folder.file('p.json', JSON.stringify({ requestId: 'order-1', payment: PAYMENT }));
    const first = await run(['decide', file]);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^outcome +(accept|review)/);
    expect(first.out).toMatch(/request +es order-1\n/);
    expect(first.out).toMatch(/amount +49\.90 EUR\n/);
    const again = await run(['decide', file]);
    expect(again.out).toContain('(decided before)');
  });

  it('makes up a request id for a bare payment on standard input', async () => {
    const { decision } = await json(['decide', '-'], { stdin: JSON.stringify(PAYMENT) });
    expect(decision.requestId).toMatch(/^cli-/);
  });

  it('names every field that the server refuses, and refuses by 1', async () => {
    const wrong = { ...PAYMENT, site: 'e s', amount: { minor: '-5', currency: 'EUR' }, ip: '300.1.1.1' };
    const { code, err, out } = await run(['decide', '-'], { stdin: JSON.stringify(wrong) });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^tollgate: .*\(INVALID_REQUEST\)\n/);
    for (const field of ['payment.site', 'payment.amount.minor', 'payment.ip']) {
      expect(err).toContain(`\n  ${field}: `);
    }
  });

  it('names the fields of a file that are no such fields, without asking the server', async () => {
    const file = folder.file('typo.json', JSON.stringify({ ...PAYMENT, amout: {}, customer: { mail: 'x' } }));
    const { code, err } = await run(['decide', file, '--server', '127.0.0.1:1']);
    expect(code).toBe(1);
    expect(err).toContain(`tollgate: ${file}: not a ScreenRequest\n`);
    expect(err).toContain('  payment.amout: there is no such field; Payment has site, language');
    expect(err).toContain('  payment.customer.mail: there is no such field');
    expect(err).not.toContain('127.0.0.1:1');
  });

  it('lists, shows, explains and replays', async () => {
    const listed = await json(['decisions', 'list', '--customer', 'c-decide', '--site', 'es']);
    const ids = listed.map((decision: { requestId: string }) => decision.requestId);
    expect(ids).toContain('order-1');
    const { id } = listed.find((decision: { requestId: string }) => decision.requestId === 'order-1');
    const table = await run(['decisions', 'list', '--customer', 'c-decide', '--limit', '1']);
    expect(table.out.split('\n')).toHaveLength(3);
    const narrow = await tollgate(
      ['decisions', 'list', '--customer', 'c-decide', '--server', service.grpcAddress],
      { columns: 80 },
    );
    expect(narrow.out).toMatch(new RegExp(`^${id}  .*accept$`, 'm'));
    expect(Math.max(...narrow.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect((await run(['decisions', 'list', '--customer', 'nobody'])).out).toBe('No decision fits.\n');

    const shown = await run(['decisions', 'show', '--site', 'es', '--request-id', 'order-1', '--trace']);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain(id);
    expect(shown.out).toMatch(/geo\.mismatch +\S+ +(true|false) +geography/);

    const explained = await run(['decisions', 'explain', id, '--all']);
    expect(explained.code).toBe(0);
    expect(explained.out).toContain('velocity/');

    const replayed = await run(['decisions', 'replay', id]);
    expect(replayed).toMatchObject({ code: 0, err: '' });
    expect(replayed.out).toMatch(/^Identical: /);
  });

  it('says when there is no such decision', async () => {
    const { code, err } = await run(['decisions', 'show', '--site', 'es', '--request-id', 'never']);
    expect(code).toBe(1);
    expect(err).toContain('(DECISION_NOT_FOUND)');
  });
});

const rule = (name: string, least: number) => ({
  name,
  conditions: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThanInclusive', value: least }] },
  event: { type: 'review', params: { reason: `test.${name}` } },
});
const ruleSet = (rules: readonly object[]) =>
  JSON.stringify({ id: 'cli-test', description: 'of the test', owner: 'tester', rules });

describe('rules', () => {
  it('are checked without a server, and all that is wrong is named', async () => {
    const good = folder.file('good.rules.json', ruleSet([rule('large', 100_000)]));
    const bad = folder.file('bad.rules.json', ruleSet([{ ...rule('large', 1), event: { type: 'maybe' } }]));
    const fine = await run(['rules', 'check', good, '--server', '127.0.0.1:1']);
    expect(fine).toMatchObject({ code: 0, out: `${good}: good, 1 rule\n` });
    const limits = ['rules', 'check', 'rules/limits.rules.json'];
    expect((await run(limits)).out).toMatch(/: good, \d+ rules?, \d+ limits\n$/);
    const both = await run(['rules', 'check', good, bad]);
    expect(both.code).toBe(1);
    expect(both.out).toContain(`${bad}: has errors`);
    expect(both.out).toMatch(/error +1 +large +\/rules\/0\/event/);
    expect(both.err).toContain(`${bad}: not usable`);
  });

  it('that ship are good', async () => {
    const shipped = ['velocity', 'geography', 'limits', 'bin-attack'].map(
      (name) => `rules/${name}.rules.json`,
    );
    expect(await run(['rules', 'check', ...shipped])).toMatchObject({ code: 0, err: '' });
  });

  it('are tested by the golden cases beside them, and a case that fails says what came instead', async () => {
    const rules = ruleSet([rule('large', 100_000)]);
    folder.file('golden.rules.json', rules);
    const golden = (hits: string, amount: string): string =>
      JSON.stringify({
        cases: [
          {
            name: 'a large one',
            stream: [{ payment: { amount } }],
            expect: { [hits]: ['large'] },
          },
        ],
      });
    const cases = folder.file('golden.cases.json', golden('hits', '1000.00 EUR'));
    expect(await run(['rules', 'test', cases, '--server', '127.0.0.1:1'])).toMatchObject({
      code: 0,
      out: `${cases}: 1 of 1 case passed\n1 case passed.\n`,
    });
    folder.file('golden.cases.json', golden('hits', '999.99 EUR'));
    const failed = await run(['rules', 'test', join(folder.path, 'golden.rules.json')]);
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('  a large one\n');
    expect(failed.out).toMatch(/large/);
    expect(failed.err).toBe('tollgate: 1 case failed, 0 passed\n');
    const alone = folder.file('alone.rules.json', rules);
    expect(await run(['rules', 'test', alone])).toMatchObject({
      code: 2,
      err: `tollgate: ${join(folder.path, 'alone.cases.json')}: there is no such file\n`,
    });
  });

  it('that ship pass their cases', async () => {
    const { code, out } = await run(['rules', 'test']);
    expect(out).toMatch(/^\d{2,} cases passed\.\n$/m);
    expect(code).toBe(0);
  });

  it('are pushed, activated, compared, rolled back, read and taken out of service', async () => {
    const one = folder.file('one.rules.json', ruleSet([rule('large', 100_000)]));
    const two = folder.file('two.rules.json', ruleSet([rule('large', 200_000), rule('huge', 900_000)]));
    const bare = await run(['rules', 'push', one]);
    expect(bare.out).toContain('No golden cases: it cannot go live before it has some');
    const early = await run(['rules', 'activate', 'cli-test', '1']);
    expect(early).toMatchObject({ code: 1, out: '' });
    expect(early.err).toContain('(NOT_PROVEN)');
    const wrong = { name: 'small', stream: [{ payment: {} }], expect: { hits: ['large'] } };
    folder.file('one.cases.json', JSON.stringify({ cases: [wrong] }));
    const red = await run(['rules', 'push', one]);
    expect(red.out).toContain('0 of 1 golden case passed.');
    expect(red.out).toContain('  small: ');
    const right = { name: 'small', stream: [{ payment: {} }], expect: { notHits: ['large'] } };
    for (const name of ['one', 'two']) folder.file(`${name}.cases.json`, JSON.stringify({ cases: [right] }));
    const pushed = await run(['rules', 'push', one]);
    expect(bare.out).toMatch(/^cli-test version 1 \(1 rule, [0-9a-f]{12}\) stored\.\n/);
    expect(pushed.out).toContain('1 of 1 golden case passed.');
    expect(pushed.out).toContain('Make it active with: tollgate rules activate cli-test 1');
    expect(pushed.out).toContain('the same document: nothing stored');
    const waived = ['--waive-backtest', 'none yet'];
    expect((await run(['rules', 'activate', 'cli-test', '1', ...waived])).out).toBe(
      'cli-test: version 1 is active.\n',
    );
    const second = await run(['rules', 'push', two, '--activate', ...waived]);
    expect(second.out).toContain('cli-test: version 2 is active.');

    const versions = await json(['rules', 'list', 'cli-test']);
    expect(versions).toMatchObject([{ version: 2, active: true, author: 'tester' }, { version: 1 }]);
    const diff = await run(['rules', 'diff', 'cli-test', '1', '2']);
    expect(diff.out).toMatch(/^\+ huge: /m);
    expect(diff.out).toMatch(/^~ large: .*200000/m);
    expect((await run(['rules', 'diff', 'cli-test', '--file', two])).out).toBe('No difference.\n');
    expect((await run(['rules', 'diff', 'cli-test', '1'])).out).toBe(diff.out);
    expect((await run(['rules', 'diff', 'cli-test'])).out).toBe('No difference.\n');
    expect(JSON.parse((await run(['rules', 'diff', 'cli-test', '--json'])).out)).toEqual({ changes: [] });

    expect((await run(['rules', 'rollback', 'cli-test'])).out).toBe('cli-test: version 1 is active.\n');
    expect((await run(['rules', 'rollback', 'cli-test', '--from', '2'])).out).toBe(
      'cli-test: version 1 is active.\n',
    );
    expect((await run(['rules', 'rollback', 'cli-test', '--from', '3'])).err).toContain('(STALE_ETAG)');
    expect((await run(['rules', 'diff', 'cli-test'])).out).toBe(diff.out);
    const shown = await run(['rules', 'show', 'cli-test']);
    expect(JSON.parse(shown.out)).toEqual(JSON.parse(readFileSync(one, 'utf8')));
    expect((await run(['rules', 'list'])).out).toMatch(/^cli-test +v1 +v2/m);

    const out = await run(['rules', 'deactivate', 'cli-test', '--reason', 'enough']);
    expect(out).toMatchObject({ code: 0, out: 'cli-test: no version is active.\n' });
    expect((await run(['rules', 'list'])).out).toMatch(/^cli-test +- +v2/m);
    expect((await run(['rules', 'activate', 'cli-test', '1'])).out).toBe('cli-test: version 1 is active.\n');
  });

  it('say what is active where it was changed, and that a canary has ended', async () => {
    const there = ['--scope', 'site:shop-de'];
    const active = 'cli-test: version 2 is active at site shop-de.\n';
    const note = (what: string): string =>
      `${what}: is that the name? 'tollgate sites list' shows what there is.\n`;
    expect((await run(['rules', 'activate', 'cli-test', '2', ...there])).out).toBe(
      active + note('No site shop-de is configured'),
    );
    const site = [{ id: 'shop-de', name: 'Germany', group: 'eu', country: 'DE', currency: 'EUR' }];
    await run(['sites', 'put', folder.file('de.json', JSON.stringify(site))]);
    expect((await run(['rules', 'activate', 'cli-test', '2', ...there])).out).toBe(active);
    for (const [group, told] of [
      ['eu', ''],
      ['ue', note('No site is in a group ue')],
    ] as const) {
      const scoped = ['cli-test', '2', '--scope', `group:${group}`];
      expect((await run(['rules', 'shadow', 'start', ...scoped])).out).toBe(
        `cli-test: version 2 is in shadow for group ${group}.\n` +
          'See what it says with: tollgate rules shadow-report cli-test 2\n' +
          told,
      );
      await run(['rules', 'shadow', 'stop', ...scoped]);
    }
    expect((await run(['rules', 'rollback', 'cli-test', ...there])).out).toBe(
      'cli-test: no version of its own is active at site shop-de; what is active around it decides there.\n',
    );
    await run(['rules', 'canary', 'start', 'cli-test', '2', '--share', '5%']);
    expect((await run(['rules', 'rollback', 'cli-test'])).out).toBe(
      'cli-test: the canary of version 2 has ended; roll back again to take back more.\n' +
        'cli-test: version 1 is active.\n',
    );
  });

  it('refuse a bad document naming rule and path, an unknown version, and a stale etag', async () => {
    const bad = folder.file(
      'worse.rules.json',
      ruleSet([
        { ...rule('large', 1), conditions: { all: [{ fact: 'no.such', operator: 'equal', value: 1 }] } },
      ]),
    );
    const refused = await run(['rules', 'push', bad]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('(RULE_SET_INVALID)');
    expect(refused.err).toMatch(/rules.*no\.such/s);
    const unknown = await run(['rules', 'activate', 'cli-test', '99']);
    expect(unknown).toMatchObject({ code: 1 });
    expect(unknown.err).toContain('(VERSION_NOT_FOUND)');
    const stale = await run(['rules', 'activate', 'cli-test', '2', '--etag', '0']);
    expect(stale.err).toContain('(STALE_ETAG)');
    expect((await run(['rules', 'activate', 'cli-test', 'two'])).err).toContain("version 'two'");
  });
});

describe('lists', () => {
  const why = ['--reason', 'report 112'];

  it('are made, filled, asked and emptied', async () => {
    expect((await run(['lists', 'create', 'cli-cards', '--type', 'card', '--kind', 'block'])).code).toBe(0);
    const added = await run(['lists', 'add', 'cli-cards', 'fp-a', 'fp-b', '--reason', 'report 1']);
    expect(added.out).toBe('2 added, 0 there already.\n');
    const there = await run(['lists', 'check', 'cli-cards', 'fp-a']);
    expect(there.out).toMatch(/^fp-a is on cli-cards\.\n/);
    expect(there.out).toMatch(/reason +report 1/);
    expect(there.out).toMatch(/actor +tester/);
    expect((await run(['lists', 'remove', 'cli-cards', 'fp-a', 'fp-z', ...why])).out).toBe(
      '1 removed, 1 not on the list.\n',
    );
    const none = await run(['lists', 'remove', 'cli-cards', 'fp-z', '--json', ...why]);
    expect(JSON.parse(none.out)).toMatchObject({ removed: '0', unknown: '1' });
    const same = await run(['lists', 'add', 'cli-cards', 'fp-b', '--json', ...why]);
    expect(JSON.parse(same.out)).toMatchObject({ added: '0', unchanged: '1' });
    expect(await json(['lists', 'check', 'cli-cards', 'fp-a'])).toMatchObject({ listed: false });
    expect((await run(['lists', 'list'])).out).toMatch(/^cli-cards +block +card +1 /m);
    expect((await run(['lists', 'list', 'cli-cards'])).out).toMatch(/^fp-b /m);
  });

  it('are imported from lines, CSV and NDJSON, tried first, and exported so that they can come back', async () => {
    await run(['lists', 'create', 'cli-domains', '--type', 'email-domain', '--kind', 'watch']);
    const lines = folder.file('domains.txt', '# two\nmail.example\n\nspam.example\n');
    const tried = await run(['lists', 'import', 'cli-domains', lines, '--dry-run', ...why]);
    expect(tried.out).toBe(
      'It would be: 2 added, 0 removed, 0 unchanged, 0 invalid.\nadded:\n  + line 2: mail.example\n  + line 4: spam.example\n',
    );
    expect(await json(['lists', 'check', 'cli-domains', 'spam.example'])).toMatchObject({ listed: false });
    expect((await run(['lists', 'import', 'cli-domains', lines, ...why])).out).toBe(
      '2 added, 0 removed, 0 unchanged, 0 invalid.\n',
    );
    const csv = folder.file(
      'd.csv',
      'value,reason,valid_until\nspam.example,old,\nother.example,new,2040-01-01\n',
    );
    const replaced = await run(['lists', 'import', 'cli-domains', csv, '--replace']);
    expect(replaced.out).toMatch(/1 added, 1 removed/);
    const out = join(folder.path, 'domains.ndjson');
    expect((await run(['lists', 'export', 'cli-domains', '--out', out])).out).toContain('2 entries written');
    const back = await run(['lists', 'import', 'cli-domains', out, '--replace', '--dry-run']);
    expect(back.out).toBe(
      'It would be: 0 added, 0 removed, 2 unchanged, 0 invalid.\nunchanged:\n  = line 1: other.example until 2040-01-01T00:00:00Z\n  = line 2: spam.example\n',
    );
  });

  it('are not all taken off a list by a file that broke off on its way', async () => {
    await run(['lists', 'create', 'cli-kept', '--type', 'email-domain', '--kind', 'watch']);
    await run(['lists', 'add', 'cli-kept', 'spam.example', ...why]);
    const empty = folder.file('empty.txt', '# nothing came\n');
    const args = ['lists', 'import', 'cli-kept', empty, '--replace', ...why];
    const refused = await run(args);
    expect(refused.err).toBe(
      'tollgate: nothing is in the file, and list cli-kept would be empty\n  where that is meant, say --allow-empty\n',
    );
    expect(refused.code).toBe(2);
    expect(await json(['lists', 'check', 'cli-kept', 'spam.example'])).toMatchObject({ listed: true });
    expect((await run([...args, '--dry-run'])).out).toContain('1 removed');
    expect((await run([...args, '--allow-empty'])).out).toContain('1 removed');
    expect(await json(['lists', 'check', 'cli-kept', 'spam.example'])).toMatchObject({ listed: false });
  });

  it('note the name of the file as source, wherever it lies, and come out as they were known at a moment', async () => {
    await run(['lists', 'create', 'cli-known', '--type', 'email-domain', '--kind', 'watch']);
    const name = `${'long-'.repeat(30)}.txt`;
    expect(
      (await run(['lists', 'import', 'cli-known', folder.file(name, 'mail.example\n'), ...why])).err,
    ).toBe('');
    const { entry } = await json(['lists', 'check', 'cli-known', 'mail.example']);
    expect(entry.source).toBe(name.slice(0, 128));
    const asOf = ['--as-of', '2040-01-01'];
    const now = await run(['lists', 'export', 'cli-known', ...asOf]);
    expect(JSON.parse(now.out)).toMatchObject({ value: 'mail.example' });
    expect(await run(['lists', 'export', 'cli-known', ...asOf, '--known-at', '2026-01-01'])).toMatchObject({
      code: 0,
      out: '',
    });
  });

  it('name entries that cannot be taken, and lines that cannot be read', async () => {
    await run(['lists', 'create', 'cli-ips', '--type', 'ip', '--kind', 'block']);
    const bad = folder.file('ips.txt', '10.0.0.0/8\n\n# no more\nnot-an-address\n');
    const invalid = await run(['lists', 'import', 'cli-ips', bad, ...why]);
    expect(invalid.code).toBe(1);
    expect(invalid.err).toContain("line 4 'not-an-address': ");
    const replacing = await run(['lists', 'import', 'cli-ips', bad, '--replace', ...why]);
    expect(replacing.err).toMatch(
      /^tollgate: nothing was replaced: 1 of the entries cannot be taken, first line 4 value: .*\n {2}line 4 value: .*\n$/,
    );
    const long = folder.file('long.txt', `10.0.0.0/8\n${'x'.repeat(501)}\n`);
    expect((await run(['lists', 'import', 'cli-ips', long])).err).toBe(
      'tollgate: line 2 value: longer than 500 characters (INVALID_REQUEST)\n',
    );
    const csv = folder.file('ips.csv', 'value,valid_until\n10.0.0.1,soon\n');
    expect((await run(['lists', 'import', 'cli-ips', csv])).err).toContain(
      `${csv} line 2: valid_until: 'soon'`,
    );
    const many = folder.file(
      'many.csv',
      `value,valid_until\n10.0.0.1,\n10.0.0.2,soon\nnowhere,\n10.0.0.3\n${'x'.repeat(501)},\n10.0.0.4,\n`,
    );
    const all = await run(['lists', 'import', 'cli-ips', many, '--dry-run', '--replace', ...why]);
    expect(all.out).toContain('It would be: 2 added, 1 removed, 0 unchanged, 4 invalid.');
    expect(all.out).toContain('+ line 7: 10.0.0.4');
    expect(all.err).toMatch(
      /4 entries could not be taken.*\n {2}line 3 '': valid_until: 'soon' .*\n {2}line 4 'nowhere': .*\n {2}line 5 '': 1 values .*\n {2}line 6 '': longer than 500 characters\n$/,
    );
    expect((await run(['lists', 'check', 'no-such', 'x'])).err).toContain('(LIST_NOT_FOUND)');
    expect((await run(['lists', 'add', 'cli-ips', '10.0.0.1'])).err).toContain('reason: is required');
  });

  it('show what an import would change, and write it down', async () => {
    await run(['lists', 'create', 'cli-diff', '--type', 'device', '--kind', 'block']);
    await run(['lists', 'add', 'cli-diff', 'd1', 'd2', 'd3', '--reason', 'seen twice']);
    const file = folder.file('devices.txt', '# new\nd9\nd8\n\nd2\n');
    const args = ['lists', 'import', 'cli-diff', file, '--replace', '--dry-run', ...why];
    expect((await run([...args, '--show', '1'])).out).toBe(
      [
        'It would be: 2 added, 2 removed, 1 unchanged, 0 invalid.',
        'added, 1 of 2:',
        '  + line 3: d8',
        'removed, 1 of 2:',
        '  - d1 (tester: seen twice)',
        'unchanged:',
        '  = line 5: d2',
        '',
      ].join('\n'),
    );
    const diff = join(folder.path, 'diff.ndjson');
    await run([...args, '--diff-file', diff]);
    const lines = readFileSync(diff, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { effect: 'added', line: 3, entry: { value: 'd8', reason: 'report 112' } },
      { effect: 'added', line: 2, entry: { value: 'd9' } },
      { effect: 'removed', entry: { value: 'd1', actor: 'tester' } },
      { effect: 'removed', entry: { value: 'd3' } },
      { effect: 'unchanged', line: 5, entry: { value: 'd2', reason: 'seen twice' } },
    ]);
  });

  it('tell their past, who needs them, and go when nobody does', async () => {
    await run(['lists', 'create', 'cli-past', '--type', 'device', '--kind', 'block', '--owner', 'risk']);
    await run(['lists', 'add', 'cli-past', 'd1', '--reason', 'seen twice']);
    await run(['lists', 'remove', 'cli-past', 'd1', '--reason', 'a mistake']);
    const history = await run(['lists', 'history', 'cli-past', 'd1']);
    expect(history.out).toMatch(/^d1 from .*\n.*put there by +tester, .*\n.*seen twice\n/);
    expect(history.out).toMatch(/ended .*\n.*by +tester, .*\n.*a mistake/);
    expect((await run(['lists', 'history', 'cli-past', 'd7'])).out).toBe('d7 was never on cli-past.\n');
    const changes = await run(['lists', 'changes', 'cli-past']);
    expect(changes.out).toMatch(/2 .* removed +0 +1 +tester +a mistake\n.*1 .* added +1 +0 +tester +manual/);
    expect((await run(['lists', 'update', 'cli-past', '--owner', 'cards', '--etag', '0'])).out).toContain(
      'cards',
    );
    expect((await run(['lists', 'update', 'cli-past', '--owner', 'us', '--etag', '0'])).err).toContain(
      '(STALE_ETAG)',
    );
    expect((await run(['lists', 'usage', 'cli-past'])).out).toBe(
      'No rule reads cli-past.\nIt had a part in no decision.\n',
    );
    expect((await run(['lists', 'delete', 'cli-past', '--reason', 'unused'])).out).toBe(
      'cli-past is deleted.\n',
    );
    expect((await run(['lists', 'list'])).out).not.toContain('cli-past');
    expect((await run(['lists', 'list', '--deleted'])).out).toMatch(/^cli-past \(deleted /m);
    expect((await run(['lists', 'add', 'cli-past', 'd2', ...why])).err).toContain('was deleted on');
  });
});

describe('sites', () => {
  it('are put from a file with merchants, and listed', async () => {
    const file = folder.file(
      'sites.json',
      JSON.stringify({
        sites: [{ id: 'cli-es', name: 'Spain', timeZone: 'Europe/Madrid', country: 'ES', currency: 'EUR' }],
        merchants: [
          { id: 'cli-m', timeZone: 'Europe/Madrid', country: 'ES', currency: 'EUR', riskGrade: 'B' },
        ],
      }),
    );
    expect((await run(['sites', 'put', file])).out).toBe('1 site and 1 merchant put.\n');
    expect((await run(['sites', 'list'])).out).toMatch(/^cli-es +Spain +ES +EUR +Europe\/Madrid/m);
    expect((await run(['sites', 'list', '--merchants'])).out).toMatch(
      /^cli-m +ES +EUR +Europe\/Madrid +B +no/m,
    );
    const wrong = await run(['sites', 'put', '-'], { stdin: '[{"id":"x","zone":"UTC"}]' });
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.err).toContain('zone: there is no such field; Site has id');
  });
});

const MAP = {
  sites: [{ id: 'bookshop', timeZone: 'UTC', country: 'US', currency: 'USD' }],
  requestId: 'row-{n}',
  time: { column: 'seconds', unit: 'seconds', base: '2018-04-01T00:00:00Z' },
  amount: { column: 'amount', defaultCurrency: 'USD' },
  fields: { site: 'bookshop', 'customer.id': '{who}', 'instrument.card.fingerprint': 'card-{who}' },
  label: { column: 'fraud', fraudWhen: { equals: '1' }, delay: '1d' },
};
const csv = (rows: number): string =>
  [
    'n,seconds,who,amount,fraud',
    ...Array.from(
      { length: rows },
      (_, n) => `${n},${n * 3600},${n % 7},${10 + n}.50,${n % 10 === 0 ? 1 : 0}`,
    ),
  ].join('\n');

describe('replay-stream', () => {
  it('sends a packed CSV through a map, with labels in between, and sums up; again it repeats nothing', async () => {
    const file = folder.file('payments.csv.gz', gzipSync(csv(50)));
    const map = folder.file('map.json', JSON.stringify(MAP));
    const summary = await json(['replay-stream', file, '--map', map, '--batch', '7']);
    expect(summary).toMatchObject({
      decisions: 50,
      repeated: 0,
      events: 5,
      unknownSite: 0,
      errors: [],
      labels: {
        baseCurrency: 'USD',
        fraud: { payments: 5, money: 15_250 },
        good: { payments: 45 },
      },
    });
    const again = await json(['replay-stream', file, '--map', map, '--streams', '3']);
    expect(again).toMatchObject({ decisions: 50, repeated: 50, repeatedEvents: 5 });
    const limited = await json(['replay-stream', file, '--map', map, '--limit', '3']);
    expect(limited.decisions).toBe(3);
  });

  it('stops at a line it cannot use, saying which, and sums up what came before', async () => {
    const broken = csv(20).replace('\n12,43200,', '\n12,soon,');
    const file = folder.file('broken.csv', broken);
    const map = folder.file('map2.json', JSON.stringify({ ...MAP, requestId: 'b-{n}' }));
    const stopped = await run(['replay-stream', file, '--map', map]);
    expect(stopped.code).toBe(1);
    expect(stopped.err).toContain(`tollgate: ${file} line 14: time: 'soon' is not a number of seconds`);
    expect(stopped.out).toMatch(/^decisions +12\n/);
    const skipped = await run(['replay-stream', file, '--map', map, '--skip-bad']);
    expect(skipped.code).toBe(0);
    expect(skipped.err).toContain('1 row left out');
    expect(skipped.out).toMatch(/^decisions +19, 12 of them decided before\n/);
    const short = folder.file('short.csv', csv(20).replace('\n12,43200,', '\n12,'));
    const left = await run(['replay-stream', short, '--map', map, '--skip-bad']);
    expect(left.err).toContain(`left out: ${short} line 14: 4 values where the head has 5 columns\n`);
    expect(left.code).toBe(0);
  });

  it('counts entries that the server refuses, and ends with 1', async () => {
    const lines = [
      { screen: { requestId: 'ok-1', payment: { ...PAYMENT, eventTime: '2026-03-02T10:00:00Z' } } },
      { screen: { requestId: 'bad-1', payment: { ...PAYMENT, ip: 'here' } } },
    ];
    const file = folder.file('entries.ndjson', lines.map((line) => JSON.stringify(line)).join('\n'));
    const { code, out, err } = await run(['replay-stream', file]);
    expect(code).toBe(1);
    expect(out).toMatch(/INVALID_REQUEST +1 +request bad-1: .*payment\.ip/);
    expect(out).toMatch(/^decisions +1\n/);
    expect(err).toContain('1 entry refused');
  });

  it('says what is wrong with a map, a column and a line', async () => {
    const file = folder.file('small.csv', csv(2));
    const badMap = folder.file(
      'bad.map.json',
      JSON.stringify({ ...MAP, time: { column: 'seconds', unit: 'weeks' } }),
    );
    const map = await run(['replay-stream', file, '--map', badMap]);
    expect(map.err).toBe(
      `tollgate: ${badMap}: the map cannot be used\n  time.unit: must be one of seconds, millis, iso\n`,
    );
    const missing = folder.file('missing.map.json', JSON.stringify({ ...MAP, requestId: '{order}' }));
    expect((await run(['replay-stream', file, '--map', missing])).err).toContain(
      'the map reads the columns order, but the file has n, seconds, who, amount, fraud',
    );
    const head = (to: string): string => csv(2).replace('n,seconds,who,amount,fraud', to);
    const mapped = folder.file('head.map.json', JSON.stringify({ ...MAP, requestId: 'head-{n}' }));
    const twice = folder.file('twice.csv', head('n,seconds,who,amount,fraud,amount'));
    expect((await run(['replay-stream', twice, '--map', mapped])).err).toContain(
      'more than one column is named amount: which the map means is not known',
    );
    expect((await run(['replay-stream', file])).err).toContain(`${file} line 1: not JSON`);
    const other = folder.file('other.ndjson', '{"hello":1}\n');
    expect((await run(['replay-stream', other])).err).toContain('say how it is read with --map FILE');
  });

  it('ends in good order when interrupted', async () => {
    const file = folder.file('long.csv', csv(4000));
    const map = folder.file('long.map.json', JSON.stringify({ ...MAP, requestId: 'long-{n}' }));
    const interrupt = (now: () => void): void =>
      void expect
        .poll(() => service.decisions.inFlight, { interval: 1 })
        .toBeGreaterThan(0)
        .then(now);
    const { code, err } = await run(
      ['replay-stream', file, '--map', map, '--in-flight', '16', '--batch', '4'],
      { interrupt },
    );
    expect(code).toBe(1);
    expect(err).toContain('interrupted before the end');
  });
});

describe('import', () => {
  it('takes in history with its labels, once', async () => {
    const file = folder.file('history.csv', csv(30));
    const map = folder.file('history.map.json', JSON.stringify({ ...MAP, requestId: 'h-{n}' }));
    expect(await json(['import', file, '--map', map])).toMatchObject({ events: 33, repeated: 0, errors: [] });
    expect(await json(['import', file, '--map', map])).toMatchObject({ events: 33, repeated: 33 });
    const broken = folder.file('broken-history.csv', csv(30).replace('\n12,43200,', '\n12,soon,'));
    const stopped = await run(['import', broken, '--map', map]);
    expect(stopped).toMatchObject({ code: 1, out: '' });
    expect(stopped.err).toMatch(/^12 events taken in; importing the same file again repeats nothing\.\n/);
    const skipped = await run(['import', broken, '--map', map, '--skip-bad']);
    expect(skipped.code).toBe(0);
    expect(skipped.err).toContain('1 row left out');
  });

  it('takes in events as JSON lines, and refuses a file for replay-stream', async () => {
    const event = {
      eventId: 'e-1',
      site: 'es',
      kind: 'EVENT_KIND_PAYMENT',
      payment: PAYMENT,
      eventTime: '2026-03-01T10:00:00Z',
      arrivalTime: '2026-03-01T10:00:00Z',
    };
    const file = folder.file('events.ndjson', `${JSON.stringify(event)}\n`);
    const { code, out } = await run(['import', file]);
    expect(code).toBe(0);
    expect(out).toMatch(/^events +1\n/);
    for (const option of [['--skip-bad'], ['--limit', '3']])
      expect(await run(['import', file, ...option])).toMatchObject({
        code: 2,
        err: `tollgate: ${option[0]} has a meaning only with --map\n`,
      });
    const stream = folder.file('stream.ndjson', '{"screen":{}}\n');
    expect((await run(['import', stream])).err).toContain("this is a file for 'tollgate replay-stream'");
  });
});

describe('interrupting', () => {
  it('ends an import in good order, with what was taken in', async () => {
    const file = folder.file('long-history.csv', csv(4000));
    const map = folder.file('long-history.map.json', JSON.stringify({ ...MAP, requestId: 'lh-{n}' }));
    const { code, out, err } = await run(
      ['import', file, '--map', map, '--in-flight', '16', '--batch', '4'],
      { interrupt: (now) => void setTimeout(now, 50) },
    );
    expect(code).toBe(1);
    expect(out).toMatch(/^events +\d/);
    expect(err).toContain('interrupted before the end');
  });
});

describe('simulate', () => {
  it('sends a day with its sites, and finds the same day decided when it is read from a file', async () => {
    const summary = await json(['simulate', '--seed', '11', '--payments', '300']);
    expect(summary).toMatchObject({
      decisions: 300,
      repeated: 0,
      unknownSite: 0,
      withoutBaseAmount: 0,
      errors: [],
    });
    expect(summary.labels.kinds.map((kind: { kind: string }) => kind.kind)).toEqual([
      'account-takeover',
      'bin-attack',
      'card-testing',
      'friendly-fraud',
      'stolen-card',
    ]);
    const out = join(folder.path, 'day.ndjson');
    expect((await run(['simulate', '--seed', '11', '--payments', '300', '--out', out])).code).toBe(0);
    const again = await json(['replay-stream', out]);
    expect(again).toMatchObject({ decisions: 300, repeated: 300, labels: { fraud: summary.labels.fraud } });
    expect((await run(['sites', 'list'])).out).toMatch(/^jp +Shop JP +asia-pacific/m);
  });
});

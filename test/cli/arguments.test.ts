import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import type { Host } from '../../src/cli/host.js';
import { shareUpTo } from '../../src/cli/arguments.js';
import { actorName } from '../../src/cli/session.js';
import { createFolder, tollgate } from './support/run.js';

const folder = createFolder();
afterAll(() => folder.remove());
const NOBODY = '127.0.0.1:1';

describe('wrong arguments', () => {
  it.each([
    [['bogus'], "unknown command 'bogus'"],
    [['decide'], "missing required argument 'file'"],
    [['decisions', 'list', '--outcome', 'maybe'], 'accept, review, reject, allow or block'],
    [['decisions', 'list', '--from', 'yesterday'], 'like 2026-03-02'],
    [['decisions', 'list', '--from', '2026-02-30'], 'like 2026-03-02'],
    [['decisions', 'show'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'show', 'abc', '--site', 'es'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'explain', '--site', 'es'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'list', '--limit', '0'], 'a whole number of at least 1'],
    [['rules', 'diff', 'velocity', '1', '2', '--file', 'x.json'], 'a second version or a --file, not both'],
    [['rules', 'diff', 'velocity', 'one'], "version 'one' is not a whole number of at least 1"],
    [['rules', 'activate', 'velocity', '0'], "version '0' is not a whole number of at least 1"],
    [['rules', 'canary', 'start', 'velocity', '4', '--share', '60%'], 'at most half, like 5% or 0.05'],
    [['rules', 'control', 'velocity', 'burst', '--share', '11%', '--reason', 'r'], 'at most 10%, like 5%'],
    [
      ['rules', 'control', 'velocity', 'burst', '--off', '--share', '1%', '--reason', 'r'],
      'off, or on with other settings?',
    ],
    [
      ['rules', 'snooze', 'email', 'a', '--for', '2h', '--site', 'es', '--scope', 'site:fr', '--reason', 'r'],
      'where? Give --scope or --site',
    ],
    [['rules', 'push', 'rules'], 'rules: it is a folder'],
    [['decide', 'README.md/payment.json'], 'README.md/payment.json: there is no such file'],
    [['simulate', '--out', '/no/such/day.ndjson'], '/no/such/day.ndjson: there is no such folder'],
    [['decisions', 'list', '--server', 'http://host:50051'], "'http://host:50051' is not HOST:PORT"],
    [['decisions', 'list', '--server', 'host:0'], "--server: 'host:0' is not HOST:PORT"],
    [['decisions', 'list', '--server', 'host:65536'], "--server: 'host:65536' is not HOST:PORT"],
    [['lists', 'create', 'x', '--type', 'moon', '--kind', 'block'], 'Allowed choices are card, bin'],
    [['lists', 'create', 'x', '--kind', 'block'], "required option '--type <type>' not specified"],
    [['simulate', '--rate', '-1'], 'a number above 0'],
    [['simulate', '--batch', '1001'], 'a whole number from 1 to 1000'],
    [['decisions', 'list', '--server', 'nowhere'], "'nowhere' is not HOST:PORT"],
    [['replay-stream', '/no/such/file'], 'there is no such file'],
    [['rules', 'check', '/no/such/file'], 'there is no such file'],
    [['serve', '--listen', 'here'], 'here'],
    [['serve', '--config', '/no/such/file'], 'there is no such file'],
  ])('%j say what is wrong and end with 2', async (args, said) => {
    const { code, out, err } = await tollgate(args);
    expect(err).toMatch(/^tollgate: /);
    expect(err).toContain(said);
    expect(code).toBe(2);
    expect(out).toBe('');
  });

  it('are told as JSON where JSON was asked for, with what may have been meant', async () => {
    const { code, out, err } = await tollgate(['decisions', 'list', '--limt', '3', '--json']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(JSON.parse(err)).toEqual({
      error: {
        code: 'USAGE',
        exitCode: 2,
        message: "unknown option '--limt'",
        details: ['(Did you mean --limit?)', '(Add --help for the options and examples)'],
      },
    });
  });

  it('names TOLLGATE_SERVER when that is what cannot be used', async () => {
    const { code, err } = await tollgate(['rules', 'list'], { environment: { TOLLGATE_SERVER: 'nowhere' } });
    expect(code).toBe(2);
    expect(err).toContain("TOLLGATE_SERVER: 'nowhere' is not HOST:PORT");
  });
});

describe('who acts', () => {
  const host = (environment: Readonly<Record<string, string>>, userName = ''): Host =>
    ({ environment, userName: () => userName }) as Host;

  it('is the option, else TOLLGATE_ACTOR, else the user of the shell, else that of the process', () => {
    const environment = { TOLLGATE_ACTOR: 'risk-team', USER: 'ana' };
    expect(actorName('bo', host(environment, 'app'))).toBe('bo');
    expect(actorName(undefined, host(environment, 'app'))).toBe('risk-team');
    expect(actorName(undefined, host({ TOLLGATE_ACTOR: '', USER: 'ana' }, 'app'))).toBe('ana');
    expect(actorName(undefined, host({}, 'app'))).toBe('app');
  });

  it('is the same beside a key, which says who calls, but not who owns a list or a file', () => {
    expect(actorName(undefined, host({ TOLLGATE_KEY: 'k', USER: 'ana' }))).toBe('ana');
    expect(actorName(undefined, host({ TOLLGATE_KEY_FILE: 'f' }))).toBe('');
  });

  it('has to be said where nobody knows', () => {
    expect(() => actorName(undefined, host({}), '--author')).toThrow(
      'who does this? Say it with --author NAME or TOLLGATE_ACTOR',
    );
  });
});

describe('a server that is not there', () => {
  const entry = folder.file('one.ndjson', '{"screen":{"requestId":"r1","payment":{"site":"es"}}}\n');

  it.each([
    [['decisions', 'list']],
    [['rules', 'list']],
    [['lists', 'export', 'x']],
    [['simulate', '--payments', '10']],
    [['replay-stream', entry]],
  ])('%j says so in one line and ends with 3', async (args) => {
    const { code, out, err } = await tollgate([...args, '--server', NOBODY]);
    expect(err).toBe(
      `tollgate: cannot reach Tollgate at ${NOBODY}: nobody listens there; start it with 'tollgate serve', or name another with --server HOST:PORT\n`,
    );
    expect(out).toBe('');
    expect(code).toBe(3);
  });

  it('says when no host has the name, and when what answers is no gRPC server', async () => {
    const nowhere = await tollgate(['rules', 'list', '--server', 'no-such-host.invalid:50051']);
    expect(nowhere).toMatchObject({ code: 3, out: '' });
    expect(nowhere.err).toContain('no-such-host.invalid:50051: no host has that name; start it');
    const web = createServer((_, response) => response.end('hello'));
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const { port } = web.address() as AddressInfo;
    const other = await tollgate(['rules', 'list', '--server', `127.0.0.1:${port}`]);
    web.close();
    expect(other).toMatchObject({ code: 3, out: '' });
    expect(other.err).toContain('what listens there does not speak gRPC; start it');
  });

  it('says it as JSON where JSON was asked for', async () => {
    const { code, err } = await tollgate(['rules', 'list', '--json', '--server', NOBODY]);
    expect(code).toBe(3);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'UNREACHABLE', exitCode: 3 } });
  });
});

describe('help', () => {
  const commands = [
    ['serve'],
    ['simulate'],
    ['replay-stream'],
    ['import'],
    ['decide'],
    ...['list', 'show', 'explain', 'replay'].map((name) => ['decisions', name]),
    ...['check', 'test', 'push', 'activate', 'rollback', 'deactivate', 'diff', 'list', 'show'].map((name) => [
      'rules',
      name,
    ]),
    ...['create', 'list', 'add', 'remove', 'check', 'import', 'export'].map((name) => ['lists', name]),
    ...['put', 'list'].map((name) => ['sites', name]),
  ];
  it.each(commands)('of %s %s shows examples', async (...names) => {
    const { code, out } = await tollgate([...names.filter((name) => name !== undefined), '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain(`$ `);
    expect(out).toContain(`tollgate ${names.filter((name) => name !== undefined).join(' ')}`);
  });

  it('is an error for programs where a command is missing', async () => {
    for (const args of [['--json'], ['rules', '--json']]) {
      const { code, out, err } = await tollgate(args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(JSON.parse(err)).toMatchObject({ error: { code: 'USAGE', message: expect.any(String) } });
    }
  });

  it('has the version beside it', async () => {
    const { code, out } = await tollgate(['--version']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('does not take the version of a rule set for a wish to see its own', async () => {
    const { code, out, err } = await tollgate(['rules', 'activate', 'cards', '--version', '3']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('--version stands alone');
  });

  it('is what the bare command shows, as a mistake', async () => {
    const { code, err } = await tollgate([]);
    expect(code).toBe(2);
    expect(err).toContain('Exit codes: 0 done');
  });
});

describe('a share', () => {
  it('is one of a hundred or of one', () => {
    const read = shareUpTo(0.1);
    expect(['1%', '0.5 %', '0.01', '10%', '0.1'].map(read)).toEqual([0.01, 0.005, 0.01, 0.1, 0.1]);
    for (const text of ['', '0', '0%', '11%', '0.11', '-1%', '1', 'x', '%'])
      expect(() => read(text)).toThrow('share');
  });
});

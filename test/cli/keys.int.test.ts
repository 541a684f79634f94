import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import type { OptionName } from '../../src/config/options.js';
import { startService, type Service } from '../../src/main.js';
import { createFolder, tollgate, type Ran } from './support/run.js';

const folder = createFolder();
const PEM = 'test/support/tls';
const keyFile = (name: string): string => join(folder.path, `${name}.key`);

function start(more: Partial<Record<OptionName, string>>, store = 'tollgate.db'): Promise<Service> {
  const basic = { listen: '127.0.0.1:0', http: '127.0.0.1:0', logLevel: 'silent', rules: 'none' };
  const flags = { ...basic, store: `sqlite:${folder.path}/${store}`, ...more };
  return startService(resolveConfig({ flags, environment: {}, file: undefined }));
}

let service: Service;
const run = (args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> =>
  tollgate(args, { environment: { TOLLGATE_SERVER: service.grpcAddress, ...environment } });

/** Makes a key as a guide says, and puts it into a file. */
async function make(name: string, args: readonly string[], environment = {}): Promise<string> {
  const { code, out, err } = await run(['keys', 'create', '--name', name, ...args], environment);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^tollgate_[0-9a-z]{16}_[\w-]{43}\n$/);
  writeFileSync(keyFile(name), out);
  return out.trim();
}

let ana: string;
beforeAll(async () => {
  service = await start({});
  ana = await make('ana', ['--role', 'operator', '--expires', '90d']);
  await service.close();
  service = await start({ identities: 'required' });
});
afterAll(async () => {
  await service.close();
  folder.remove();
});

describe('keys', () => {
  it('are made by who has one, listed, and revoked', async () => {
    const as = { TOLLGATE_KEY: ana };
    await make('shop', ['--role', 'site,viewer', '--site', 'es,fr'], as);
    const listed = await run(['keys', 'list'], as);
    expect(listed.out).toMatch(/\n\w{16} +ana +operator +all +\S+ +tester +\S+Z +\S+Z\n/);
    expect(listed.out).toMatch(/\n\w{16} +shop +site viewer +es fr +\S+Z +ana\n/);
    expect(listed.out).not.toContain('tollgate_');
    const me = await run(['whoami', '--key-file', keyFile('shop')]);
    expect(me.out).toMatch(
      /^name +shop\nknown by +api key\nkey +\w{16}\nroles +site viewer\nsites +es fr\n$/,
    );
    const id = /key +(\w{16})/.exec(me.out)?.[1] ?? '';
    const revoked = await run(['keys', 'revoke', id, '--reason', 'lost'], as);
    expect(revoked).toEqual({ code: 0, out: `${id} of shop is revoked.\n`, err: '' });
    expect((await run(['keys', 'list'], as)).out).not.toContain(id);
    expect((await run(['keys', 'list', '--all'], as)).out).toMatch(/shop .* revoked \S+Z by ana: lost\n/);
    const after = await run(['whoami', '--key-file', keyFile('shop')]);
    expect(after).toEqual({
      code: 1,
      out: '',
      err: `tollgate: Tollgate at ${service.grpcAddress} does not take the key in ${keyFile('shop')}: it is unknown, wrong, revoked or expired (NOT_AUTHENTICATED)\n`,
    });
  });

  it('are made as JSON, and for certificates', async () => {
    const as = { TOLLGATE_KEY_FILE: keyFile('ana') };
    const { out } = await run(
      [
        'keys',
        'create',
        '--name',
        'robot',
        '--role',
        'viewer',
        '--certificate',
        'DNS:robot.example',
        '--json',
      ],
      as,
    );
    expect(JSON.parse(out)).toMatchObject({
      key: { name: 'robot', certificateSubject: 'DNS:robot.example' },
    });
    const again = await run(
      ['keys', 'create', '--name', 'x', '--role', 'viewer', '--certificate', 'DNS:robot.example'],
      as,
    );
    expect(again.err).toMatch(
      /DNS:robot\.example stands for robot \(\w{16}\) already: revoke that first \(SUBJECT_TAKEN\)/,
    );
  });

  it.each([
    [['--role', 'boss'], /There is no role boss, but author, approver, operator, viewer, site\./],
    [['--role', 'viewer', '--expires', 'soon'], /It must be a duration like 90d, or a day or moment/],
    [[], /required option '--role <roles>' not specified/],
  ])('are not made with %j', async (args, problem) => {
    const { code, err } = await run(['keys', 'create', '--name', 'x', ...args], { TOLLGATE_KEY: ana });
    expect(code).toBe(2);
    expect(err).toMatch(problem);
  });
});

describe('a command that cannot call', () => {
  it('says how to show a key', async () => {
    const { code, err } = await run(['whoami']);
    expect(code).toBe(1);
    expect(err).toBe(
      `tollgate: Tollgate at ${service.grpcAddress} asks who calls: set TOLLGATE_KEY, or name a file with --key-file FILE (NOT_AUTHENTICATED)\n`,
    );
  });

  it('says which role it lacks, and which it has', async () => {
    const { code, err } = await run(['decisions', 'explain', '0'.repeat(26)], { TOLLGATE_KEY: ana });
    expect({ code, err }).toEqual({
      code: 1,
      err: `tollgate: no decision ${'0'.repeat(26)} (DECISION_NOT_FOUND)\n`,
    });
    const file = folder.file('x.rules.json', '{}');
    expect((await run(['rules', 'push', file], { TOLLGATE_KEY: ana })).err).toBe(
      'tollgate: RuleService.CreateVersion needs the role author; ana has operator (ROLE_REQUIRED)\n',
    );
  });

  it.each([
    ['TOLLGATE_KEY', { TOLLGATE_KEY: 'secret-of-somebody' }, []],
    ['FILE', {}, ['--key-file', 'FILE']],
  ])('does not repeat what in %s is no key', async (from, environment, args) => {
    const file = folder.file('no.key', 'secret-of-somebody');
    const { code, err } = await run(['whoami', ...args.map((arg) => arg.replace('FILE', file))], environment);
    expect(code).toBe(2);
    expect(err).toBe(
      `tollgate: ${from.replace('FILE', file)}: holds no key of Tollgate: tollgate_, 16 characters, _ and 43 more\n`,
    );
  });

  it('says what speaks TLS and what does not', async () => {
    const plain = await run(['whoami', '--tls-ca', `${PEM}/ca.crt`]);
    expect(plain.code).toBe(3);
    expect(plain.err).toContain(
      'what listens there does not speak TLS: leave out --tls-ca and TOLLGATE_TLS_CA',
    );
    const secure = await start({ tlsCert: `${PEM}/server.crt`, tlsKey: `${PEM}/server.key` }, 'tls.db');
    const ask = (...args: string[]): Promise<Ran> => run(['whoami', '--server', secure.grpcAddress, ...args]);
    expect((await ask()).err).toContain('as what speaks TLS does: name its authority with --tls-ca FILE');
    expect((await ask('--tls-ca', `${PEM}/other-ca.crt`)).err).toContain(
      'the authority of --tls-ca did not sign its certificate',
    );
    expect(await ask('--tls-ca', `${PEM}/ca.crt`)).toMatchObject({ code: 0, err: '' });
    await secure.close();
  });

  it.each([
    [['--client-cert', 'a'], '--client-cert and --client-key go together'],
    [['--client-cert', 'a', '--client-key', 'b'], '--client-cert says nothing without --tls-ca'],
    [['--tls-ca', '/none/ca.crt'], '/none/ca.crt: there is no such file'],
  ])('is wrong with %j', async (args, problem) => {
    const { code, err } = await run(['whoami', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });
});

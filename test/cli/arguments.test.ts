import { afterAll, describe, expect, it } from 'vitest';
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
    [['decisions', 'show'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'show', 'abc', '--site', 'es'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'explain', '--site', 'es'], 'Name its id, or both --site and --request-id'],
    [['decisions', 'list', '--limit', '0'], 'a whole number of at least 1'],
    [['rules', 'diff', 'screening', '1'], 'Name two versions, or a document with --file'],
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
    expect(err).toContain(said);
    expect(code).toBe(2);
    expect(out).toBe('');
  });

  it('names TOLLGATE_SERVER when that is what cannot be used', async () => {
    const { code, err } = await tollgate(['rules', 'list'], { environment: { TOLLGATE_SERVER: 'nowhere' } });
    expect(code).toBe(2);
    expect(err).toContain("TOLLGATE_SERVER: 'nowhere' is not HOST:PORT");
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
    ...['check', 'test', 'push', 'activate', 'rollback', 'diff', 'list', 'show'].map((name) => [
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

  it('is what the bare command shows, as a mistake', async () => {
    const { code, err } = await tollgate([]);
    expect(code).toBe(2);
    expect(err).toContain('Exit codes: 0 done');
  });
});

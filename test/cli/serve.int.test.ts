import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { afterAll, describe, expect, it } from 'vitest';
import { until } from '../service/harness.js';
import { createFolder, tollgate } from './support/run.js';

const folder = createFolder();
afterAll(() => folder.remove());

/** What a service says that is interrupted once it has started. */
async function served(...args: string[]): Promise<string> {
  const { code, out, err } = await tollgate(
    [
      'serve',
      '--store',
      `sqlite:${folder.path}/tollgate.db`,
      '--rules',
      'none',
      '--log-level',
      'silent',
      ...args,
    ],
    { interrupt: (now) => now() },
  );
  expect({ code, out }).toEqual({ code: 0, out: '' });
  return err;
}

describe('a started service', () => {
  it('says in one line where it listens, on which store, and that nobody is asked who they are', async () => {
    expect(await served('--listen', '127.0.0.1:0', '--http', 'localhost:0')).toMatch(
      /^tollgate listens on 127\.0\.0\.1:\d+ \(gRPC\) and localhost:\d+ \(HTTP\), store sqlite:\S+tollgate\.db; development mode: no caller is asked who they are\n$/,
    );
  });

  it('says INSECURE in that line where other machines reach it', async () => {
    const args = ['--listen', '127.0.0.1:0', '--http', '0.0.0.0:0', '--insecure-listen', 'allow'];
    expect(await served(...args)).toMatch(
      /^tollgate listens on .*; INSECURE, other machines reach it: no caller is asked who they are\n$/,
    );
  });
});

it.each([
  ['another program', 'CREATE TABLE orders (id TEXT)'],
  ['another release', 'CREATE TABLE rule_versions (id TEXT); PRAGMA user_version = 99'],
])('a store of %s is a wrong configuration, said in one line that names the file', async (whose, sql) => {
  const file = `${folder.path}/foreign.db`;
  rmSync(file, { force: true });
  const raw = new Database(file);
  raw.exec(sql);
  raw.close();
  const { code, err } = await tollgate(['serve', '--store', `sqlite:${file}`, '--log-level', 'silent']);
  expect(code).toBe(2);
  expect(err).toMatch(new RegExp(`^tollgate: .*${file} .*${whose}.*\\n$`));
});

const START = `const { main, nodeHost } = await import(${JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)});
process.exitCode = await main(process.argv.slice(1), nodeHost());`;

/** A service in a process of its own, started by a shell after `first`. */
function serving(store: string, options: readonly string[] = [], first = '') {
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', START];
  const free = [
    '--listen',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    '--store',
    `sqlite:${folder.path}/${store}`,
  ];
  const child = spawn('bash', ['-c', `${first} exec "$0" "$@"`, ...node, 'serve', ...free, ...options], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  return {
    child,
    exited,
    /** What it has said by the time it has said these words, or has ended. */
    said: async (words: string): Promise<string> => {
      await Promise.race([until(() => said.includes(words)), exited]);
      return said;
    },
  };
}

it('waits on a disk that is full, until it is told to end, and says what for', async () => {
  // A limit on the size of files stands for a full disk; the signal that comes with it is ignored.
  const { child, exited, said } = serving('full.db', [], `trap '' XFSZ; ulimit -f 1000;`);
  expect(await said('trying again')).toMatch(/"error":"store unavailable: [^"]*\(SQLITE_[A-Z_]+\)\)"/);
  const insist = setInterval(() => child.kill('SIGTERM'), 50);
  const [code] = await exited;
  clearInterval(insist);
  expect(code).toBe(143);
}, 120_000);

it('says that it left the rule sets of a folder alone, where the store has its own', async () => {
  const rules = fileURLToPath(new URL('../../rules', import.meta.url));
  const left = 'those of the folder were left alone';
  const logs: string[] = [];
  for (let start = 0; start < 2; start++) {
    const { child, exited, said } = serving('twice.db', ['--rules', rules]);
    logs.push(await said('tollgate listens'));
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }
  expect(logs.map((log) => log.includes(left))).toEqual([false, true]);
}, 120_000);

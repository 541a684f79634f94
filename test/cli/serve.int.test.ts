import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
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

describe('a start on a disk that is full', () => {
  const start = `const { main, nodeHost } = await import(${JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)});
process.exitCode = await main(process.argv.slice(1), nodeHost());`;

  it('says what it waits for, and waits until it is told to end', async () => {
    // A limit on the size of files stands for a full disk; the signal that comes with it is ignored.
    const command = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', start];
    const options = [
      '--listen',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      '--store',
      `sqlite:${folder.path}/full.db`,
    ];
    const child = spawn('bash', ['-c', command, ...node, 'serve', ...options], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    const exited = once(child, 'exit');
    let said = '';
    child.stderr.on('data', (text) => (said += String(text)));
    await Promise.race([until(() => said.includes('trying again'), 60_000), exited]);
    expect(said).toMatch(/"error":"store unavailable: [^"]*\(SQLITE_[A-Z_]+\)\)"/);
    const insist = setInterval(() => child.kill('SIGTERM'), 50);
    const [code] = (await exited) as [number | null];
    clearInterval(insist);
    expect(code).toBe(143);
  }, 120_000);
});

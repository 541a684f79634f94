import { afterAll, describe, expect, it } from 'vitest';
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

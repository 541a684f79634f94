import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTexts } from '../../src/cli/output-file.js';
import { createFolder } from './support/run.js';

const folder = createFolder();
afterAll(() => folder.remove());

async function* texts(...all: readonly (string | Error)[]): AsyncGenerator<string> {
  for (const text of all) {
    if (text instanceof Error) throw text;
    yield text;
  }
}

describe('a file that is written', () => {
  it('takes the place of what was there, even with nothing in it', async () => {
    const path = folder.file('old.txt', 'old');
    await writeTexts(path, texts('a', 'b'));
    expect(readFileSync(path, 'utf8')).toBe('ab');
    await writeTexts(path, texts());
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('is left as it is when there is nothing to be had to write', async () => {
    const path = folder.file('kept.txt', 'kept');
    await expect(writeTexts(path, texts(new Error('no such list')))).rejects.toThrow('no such list');
    expect(readFileSync(path, 'utf8')).toBe('kept');
    await expect(writeTexts(join(folder.path, 'new'), texts(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(join(folder.path, 'new'))).toBe(false);
  });

  it('is named when it cannot be written', async () => {
    await expect(writeTexts(folder.path, texts('a'))).rejects.toThrow(`${folder.path}: it is a folder`);
    if (existsSync('/dev/full'))
      await expect(writeTexts('/dev/full', texts('a'))).rejects.toThrow('/dev/full: the disk is full');
  });
});

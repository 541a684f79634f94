import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
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

  it('is left as it is when what is to be written breaks off', async () => {
    const path = folder.file('whole.txt', 'whole');
    await expect(writeTexts(path, texts('half', new Error('cut off')))).rejects.toThrow('cut off');
    expect(readFileSync(path, 'utf8')).toBe('whole');
    const fresh = join(folder.path, 'fresh');
    await expect(writeTexts(fresh, texts('half', new Error('cut off')))).rejects.toThrow('cut off');
    expect(readdirSync(folder.path).filter((name) => /fresh|part/.test(name))).toEqual([]);
  });

  it('stays where a link leads to', async () => {
    const path = folder.file('linked.txt', 'old');
    const link = join(folder.path, 'link');
    symlinkSync(path, link);
    await writeTexts(link, texts('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readFileSync(link, 'utf8')).toBe('new');
  });

  it('is named when it cannot be written', async () => {
    await expect(writeTexts(folder.path, texts('a'))).rejects.toThrow(`${folder.path}: it is a folder`);
    const nowhere = join(folder.path, 'nowhere', 'new');
    await expect(writeTexts(nowhere, texts('a'))).rejects.toThrow(`${nowhere}: `);
    if (existsSync('/dev/full'))
      await expect(writeTexts('/dev/full', texts('a'))).rejects.toThrow('/dev/full: the disk is full');
  });
});

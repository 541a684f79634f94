import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import type { OptionName } from '../../src/config/options.js';
import { startService } from '../../src/main.js';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-start-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

function start(flags: Partial<Record<OptionName, string>>): Promise<unknown> {
  const usual = {
    listen: '127.0.0.1:0',
    http: '127.0.0.1:0',
    store: `sqlite:${folder}/tollgate.db`,
    logLevel: 'silent',
  };
  return startService(resolveConfig({ flags: { ...usual, ...flags }, environment: {}, file: undefined }));
}

describe('a start that cannot be', () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const misspelt = join(folder, 'misspelt');
  mkdirSync(misspelt);
  writeFileSync(join(misspelt, 'a.rules.json'), '{}');
  writeFileSync(
    join(misspelt, 'lists.json'),
    '{"lists": [{"id": "cards", "type": "card", "kind": "block", "entires": ["fp-1"]}, null]}',
  );
  const text = file('text', 'no database, no rates, no ranges, no map of the world\n');

  it.each<[Partial<Record<OptionName, string>>, string]>([
    [{ store: `sqlite:${empty}` }, `store: ${empty}: it is a folder`],
    [{ store: `sqlite:${folder}/no/t.db` }, `store: ${folder}/no: there is no such folder`],
    [{ store: `sqlite:${text}/t.db` }, `store: ${text}: it is not a folder`],
    [{ store: `sqlite:${text}` }, `store: ${text}: it is not a Tollgate database`],
    [
      { store: 'mongodb://u:secret@127.0.0.1:1/t?nonsense=1' },
      'cannot open the store mongodb://***@127.0.0.1:1/t?nonsense=1: option nonsense is not supported',
    ],
    [
      { store: 'mongodb://127.0.0.1:1/t?w=majority&journal=false&readConcernLevel=local' },
      'leave journal and readConcernLevel out of its URI: what is answered must be kept by a majority, on disk',
    ],
    [{ rates: '/no/rates.json' }, 'rates: /no/rates.json: there is no such file'],
    [{ rates: text }, `${text}: not JSON: `],
    [{ bins: empty }, `bins: ${empty}: it is a folder`],
    [{ bins: text }, `${text}: there is no column iin_start`],
    [{ geoip: text }, `${text}: not an MMDB file: `],
    [{ rules: '/no/rules' }, 'rules: /no/rules: there is no such folder'],
    [{ rules: text }, `rules: ${text}: it is not a folder`],
    [{ rules: empty }, `rules: ${empty}: there is no *.rules.json in it; 'none' starts without rules`],
    [
      { rules: misspelt },
      `rules: ${misspelt}/lists.json: list 'cards': there is no field 'entires'; lists[1]: not a JSON object`,
    ],
    [
      { listen: 'no-such-host.invalid:1', insecureListen: 'allow' },
      'cannot listen on no-such-host.invalid:1: no host has that name',
    ],
  ])('%j says what is wrong with it', async (flags, message) => {
    await expect(start(flags)).rejects.toThrow(message);
  });
});

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import { OPTIONS } from '../../src/config/options.js';
import type { Service } from '../../src/main.js';
import { createFolder, tollgate, type Ran } from '../cli/support/run.js';
import { startedService } from '../cli/support/service.js';
import { GUIDES, guideCommands, helpCommands, namedCommands } from './guides.js';
import type { ShellCommand } from './shell.js';

const folder = createFolder();
let service: Service;
/** The hash of a version, where a guide says HASH. */
let hash = '';
/** A decision to ask about, where a guide says ID, and a key, where it says KEYID. */
let decision: string;
/** A snooze to end, where an example shows one. */
let snooze: string;
let key: string;

const run = (args: readonly string[], stdin?: string): Promise<Ran> =>
  tollgate(args, {
    environment: { TOLLGATE_SERVER: service.grpcAddress },
    ...(stdin === undefined ? {} : { stdin }),
  });
const velocity = readFileSync('rules/velocity.rules.json', 'utf8');
const payments = gzipSync('row,seconds,customer,terminal,amount,fraud_scenario\n1,31,596,3156,57.16,0\n');
const map = {
  requestId: '{row}',
  time: { column: 'seconds', unit: 'seconds' },
  amount: { column: 'amount', defaultCurrency: 'USD' },
  fields: { site: 'es', 'instrument.card.fingerprint': 'c{customer}' },
};
const event = {
  eventId: 'e1',
  site: 'shop-es',
  kind: 'EVENT_KIND_PAYMENT',
  eventTime: '2026-03-01T10:00:00Z',
  payment: JSON.parse(readFileSync('rules/payment.sample.json', 'utf8')) as object,
};

/** The files that examples take to be there, and folders they write into. */
const CASES = JSON.stringify({
  cases: [{ name: 'one payment', stream: [{ payment: {} }], expect: { notHits: ['card-burst'] } }],
});

const FILES: Readonly<Record<string, string | Buffer>> = {
  'payment.json': readFileSync('rules/payment.sample.json', 'utf8').replace('shop-es', 'es'),
  'payments.csv.gz': payments,
  'payments-120d.csv.gz': payments,
  'payments.csv': 'row,seconds,customer,amount\n1,31,596,57.16\n',
  'history.csv.gz': gzipSync('row,seconds,customer,amount\n2,31,596,57.16\n'),
  'my.map.json': JSON.stringify(map),
  'my.rules.json': velocity,
  'my-rules/velocity.rules.json': velocity,
  'my-rules/velocity.cases.json': readFileSync('rules/velocity.cases.json', 'utf8'),
  'my-rules/lists.json': readFileSync('rules/lists.json', 'utf8'),
  'events.ndjson': `${JSON.stringify(event)}\n`,
  'day.ndjson': '',
  'my.cases.json': CASES,
  'domains.txt': 'spam.example\n',
  'cards.csv': 'value\nfp_3\n',
  'cards.ndjson': '',
  'before.ndjson': '',
  'diff.ndjson': '',
  'differences.ndjson': '',
  'sites.json': '[]',
  'tollgate.json': '{"lapse":"20m"}',
};

beforeAll(async () => {
  service = await startedService(folder);
  mkdirSync(join(folder.path, 'my-rules'));
  for (const [name, content] of Object.entries(FILES)) folder.file(name, content);
  for (const version of [2, 3, 4]) {
    const document = { ...(JSON.parse(velocity) as object), description: `As of version ${version}.` };
    folder.file(`v${version}.cases.json`, CASES);
    await run(['rules', 'push', folder.file(`v${version}.rules.json`, JSON.stringify(document))]);
  }
  const [newest] = JSON.parse((await run(['rules', 'list', 'velocity', '--json'])).out) as { hash: string }[];
  hash = newest?.hash ?? '';
  const email = JSON.stringify({ ...(JSON.parse(velocity) as object), id: 'email' });
  await run(['rules', 'draft', 'put', folder.file('email.rules.json', email)]);
  const until = ['--description', 'Reported by issuers'];
  await run(['lists', 'create', 'stolen-cards', '--type', 'card', '--kind', 'block', ...until]);
  await run(['lists', 'create', 'unused-cards', '--type', 'card', '--kind', 'custom']);
  await run(['lists', 'create', 'good-customers', '--type', 'customer', '--kind', 'allow']);
  const payment = join(folder.path, 'payment.json');
  const { out } = await run(['decide', payment, '--request-id', 'order-4711-1', '--json']);
  const because = ['--for', '2h', '--reason', 'a test', '--json'];
  const snoozed = await run(['rules', 'snooze', 'velocity', 'card-burst', ...because]);
  snooze = (JSON.parse(snoozed.out) as { snooze: { id: string } }).snooze.id;
  const made = await run(['keys', 'create', '--name', 'guide', '--role', 'viewer', '--json']);
  key = (JSON.parse(made.out) as { key: { id: string } }).key.id;
  decision = (JSON.parse(out) as { decision: { id: string } }).decision.id;
}, 30_000);
afterAll(async () => {
  await service.close();
  folder.remove();
});

/** What a shell makes of FOLDER/*.END. */
function globbed(word: string): string[] {
  const [before = '', after = ''] = word.split('*');
  return readdirSync(before)
    .filter((name) => name.endsWith(after))
    .map((name) => join(before, name));
}

/** Files stand in the folder of the test, a decision is there, and a day is short. */
function here(words: readonly string[]): string[] {
  const placed = words.flatMap((word) => {
    if (word.includes('*')) return globbed(word);
    if (word === 'HASH') return hash;
    if (word === 'KEYID') return key;
    if (word === 'ID' || /^[0-9a-z]{26}$/.test(word)) return decision;
    if (/^[0-9a-f]{16}$/.test(word)) return snooze;
    if (Object.hasOwn(FILES, word) || word.startsWith('my-rules/')) return join(folder.path, word);
    return word.replace('127.0.0.1:50051', service.grpcAddress);
  });
  return words[0] === 'simulate' ? [...placed, '--payments', '20'] : placed;
}

/** `serve` would run on: what it is told has to make sense, no more. */
function checkServe(words: readonly string[], environment: ShellCommand['environment']): void {
  const flags: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) {
    const name = (words[at] ?? '')
      .replace(/^--/, '')
      .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (name !== 'config') expect(OPTIONS.map((option) => option.name)).toContain(name);
    flags[name] = words[at + 1] ?? '';
  }
  const { config: name, ...rest } = flags;
  const file = name === undefined ? undefined : { name, text: readFileSync(join(folder.path, name), 'utf8') };
  resolveConfig({ flags: rest, environment, file });
}

const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> })
  .scripts;
const NPM: readonly string[] = ['ci', ...Object.keys(scripts)];

async function check({ words, stdin, environment }: ShellCommand): Promise<void> {
  const [program = '', ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  if (program === 'tollgate' && rest[0] === 'serve' && rest[1] !== '--help') {
    checkServe(rest.slice(1), environment);
  } else if (program === 'tollgate') {
    const ran = await run(here(rest), stdin);
    const err = ran.err.replaceAll(/^(?!tollgate: ).*\n/gm, '');
    expect({ words, code: ran.code, err }).toEqual({ words, code: 0, err: '' });
  } else if (program === 'buf') {
    await promisify(execFile)('node_modules/.bin/buf', here(rest));
  } else if (program === 'npm') {
    expect(NPM).toContain(rest[0] === 'run' ? rest[1] : rest[0]);
  } else if (program === 'tsx') {
    expect(existsSync(rest[0] ?? '')).toBe(true);
  } else {
    throw new Error(`nothing here knows how to try ${words.join(' ')}`);
  }
}

/** The set that the guide to rules builds step by step: guide.int.test.ts goes all its way. */
function isWalked({ words }: ShellCommand): boolean {
  return words.some((word) => /gift-card/.test(word));
}

describe('what is shown to be copied works', () => {
  it.each(GUIDES)('in %s', async (guide) => {
    for (const command of guideCommands(guide)) if (!isWalked(command)) await check(command);
  });

  it('in the help of every command', async () => {
    const commands = await helpCommands();
    expect(commands.length).toBeGreaterThan(40);
    for (const command of commands) await check(command);
  });
});

describe('commands named in the text exist', () => {
  it.each(GUIDES)('of %s', async (guide) => {
    for (const command of namedCommands(guide)) {
      const words = command.words.filter((word) => word !== 'COMMAND' && word !== 'npx');
      if (words[0] !== 'tollgate') {
        await check({ ...command, words });
        continue;
      }
      const end = words.findIndex((word, at) => at > 0 && !/^[a-z-]+$/.test(word));
      const path = words.slice(1, end < 0 ? undefined : end).filter((word) => !word.startsWith('--'));
      const { code, out } = await tollgate([...path, '--help']);
      expect({ path, code }).toEqual({ path, code: 0 });
      for (const option of words.filter((word) => word.startsWith('--'))) expect(out).toContain(option);
    }
  });
});

// The proof that the lint rules find code that reads the world by itself (CONTRIBUTING: one door to the world).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPlanted } from './planted.mjs';
import { root, run } from './run.mjs';

/** Each line reads the clock, randomness, files, sockets, threads or the environment behind the door's back. */
const BACK_DOORS = [
  'export const now = Date.now();',
  'export const today = new Date();',
  'export const text = Date();',
  'export const elapsed = performance.now();',
  'export const chance = Math.random();',
  'export const timer = setTimeout(() => 1, 1);',
  "export const home = process.env['HOME'];",
  'export const hidden = globalThis.setInterval;',
  'export const id = crypto.randomUUID();',
  "import { randomBytes } from 'node:crypto';\nexport const key = randomBytes(8);",
  "import crypto from 'node:crypto';\nexport const secret = crypto.randomInt(8);",
  "import { readFileSync } from 'node:fs';\nexport const file = readFileSync('a');",
  "import { readFileSync } from 'fs';\nexport const file = readFileSync('a');",
  "import { setTimeout } from 'node:timers/promises';\nexport const nap = setTimeout(1);",
  "import { connect } from 'node:net';\nexport const socket = connect(1);",
  "import { get } from 'node:http';\nexport const request = get('http://a');",
  "import { lookup } from 'node:dns';\nexport const names = lookup;",
  "import { hostname } from 'node:os';\nexport const host = hostname();",
  "import { spawn } from 'node:child_process';\nexport const child = spawn('a');",
  "import { Worker } from 'node:worker_threads';\nexport const worker = new Worker('a');",
];
/** Folders with entry files: no other file in them is one. */
const ENTRY_FOLDERS = ['', 'cli/', 'cli/commands/', 'cli/input/', 'serve/', 'server/http/']
  .concat(['storage/sqlite/', 'storage/sqlite/worker/', 'world/'])
  .map((folder) => `src/${folder}`);
/** What gives the same for the same is no door. */
const NO_DOORS = [
  'export const past = new Date(0);',
  'export const parsed = Date.parse("2026-03-02");',
  "import { createHash } from 'node:crypto';\nexport const digest = createHash('sha256');",
  "import { constants } from 'node:os';\nexport const signals = constants.signals;",
  "import { isIP } from 'node:net';\nexport const family = isIP('::1');",
];

/** Every back door must be found, and nothing else. */
export function plantedDoors() {
  const doors = BACK_DOORS.map((code, at) => [`src/rules/door-${at}.ts`, code]);
  for (const folder of ENTRY_FOLDERS) {
    doors.push([`${folder}planted-clock.ts`, 'export const now = Date.now();']);
    doors.push([`${folder}planted-file.ts`, "export { readFileSync } from 'node:fs';"]);
  }
  const others = NO_DOORS.map((code, at) => [`src/rules/no-door-${at}.ts`, code]);
  const planted = Object.fromEntries([...doors, ...others].map(([file, code]) => [file, `${code}\n`]));
  return withPlanted(planted, ['.oxlintrc.json', 'scripts/lint'], (folder) => {
    const { diagnostics } = JSON.parse(run('oxlint', ['--format', 'json', 'src'], folder).output);
    const said = new Set(
      diagnostics
        .filter(({ code }) => /restricted|one-door/.test(code))
        .map(({ filename }) => filename.replaceAll('\\', '/')),
    );
    const missed = doors.filter(([file]) => !said.has(file));
    const wrong = others.filter(([file]) => said.has(file));
    const output = [
      ...emptyEntries(),
      ...missed.map(([file, code]) => `not found in ${file}: ${code}`),
      ...wrong.map(([, code]) => `no door: ${code}`),
    ];
    return { ok: output.length === 0, output: output.join('\n') };
  });
}

/** The linter takes a restriction without a name, and restricts nothing. */
function emptyEntries() {
  const { overrides } = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8'));
  return overrides
    .flatMap(({ rules }) => Object.entries(rules))
    .filter(([rule, setting]) => rule.startsWith('no-restricted-') && Array.isArray(setting))
    .flatMap(([rule, [, ...entries]]) =>
      entries.flatMap(({ paths, ...one }) => paths ?? [one]).map((one) => [rule, one]),
    )
    .filter(([, { name, object, property }]) => !(name || (object && property)))
    .map(([rule]) => `an entry of ${rule} names nothing`);
}

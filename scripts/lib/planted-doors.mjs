// The proof that the lint rules find code that reads the world by itself (CONTRIBUTING: one door to the world).
import { withPlanted } from './planted.mjs';
import { run } from './run.mjs';

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
/** What gives the same for the same is no door. */
const NO_DOORS = [
  'export const past = new Date(0);',
  'export const parsed = Date.parse("2026-03-02");',
  "import { createHash } from 'node:crypto';\nexport const digest = createHash('sha256');",
  "import { isIP } from 'node:net';\nexport const family = isIP('::1');",
];

/** Every back door must be found, and nothing else. */
export function plantedDoors() {
  const file = (index) => `src/rules/planted-${index}.ts`;
  const planted = Object.fromEntries([...BACK_DOORS, ...NO_DOORS].map((code, at) => [file(at), `${code}\n`]));
  return withPlanted(planted, ['.oxlintrc.json', 'scripts/lint'], (folder) => {
    const { diagnostics } = JSON.parse(run('oxlint', ['--format', 'json', 'src'], folder).output);
    const said = new Set(
      diagnostics
        .filter(({ code }) => /restricted|one-door/.test(code))
        .map(({ filename }) => filename.replaceAll('\\', '/')),
    );
    const missed = BACK_DOORS.filter((_, at) => !said.has(file(at)));
    const wrong = NO_DOORS.filter((_, at) => said.has(file(BACK_DOORS.length + at)));
    return {
      ok: missed.length + wrong.length === 0,
      output: [
        ...missed.map((code) => `not found: ${code}`),
        ...wrong.map((code) => `no door: ${code}`),
      ].join('\n'),
    };
  });
}

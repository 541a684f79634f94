import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ConfigProblem, type TlsConfig } from '../config/config.js';
import { messageOf } from '../errors/error-text.js';
import { fileReason } from '../errors/file-reason.js';
import type { TlsSource } from '../server/tls.js';
import { every } from '../world/every.js';
import type { Timers } from '../world/world.js';

/** How often the files are looked at, ms. */
const LOOK_MS = 1_000;

/** What becomes of a look at files that have changed. */
export type Reloaded = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Certificates from files. */
export interface TlsFiles extends TlsSource {
  /**
   * Looks again and again whether the files say something else, and tells. What cannot be used, also while only one of a
   * pair is there, never takes the place of what works.
   */
  watch(timers: Timers, reloaded: (result: Reloaded) => void): { stop(): Promise<void> };
}

/** What the files hold. */
interface Contents {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
}

/** Reads the files. Throws ConfigProblem where they cannot be used. */
export function openTlsFiles(config: TlsConfig): TlsFiles {
  const followers = new Set<(next: SecureContextOptions) => void>();
  let seen = readNow(config);
  let current = usable(config, seen);
  /** Whether there was something new, which is in force then. */
  const look = async (): Promise<boolean> => {
    const contents = await read(config);
    if (same(contents, seen)) return false;
    const next = usable(config, contents);
    seen = contents;
    current = next;
    for (const follower of followers) follower(current);
    return true;
  };
  return {
    get current() {
      return current;
    },
    asksClients: config.clientCa !== '',
    follow(replaced) {
      followers.add(replaced);
      return () => followers.delete(replaced);
    },
    watch(timers, reloaded) {
      let told = '';
      const lookAndTell = async (): Promise<void> => {
        if (await look()) reloaded({ ok: true });
        told = '';
      };
      return every(timers, LOOK_MS, lookAndTell, (error) => {
        const problem = messageOf(error);
        // Told once: the files may stay as they are for long.
        if (problem !== told) reloaded({ ok: false, problem });
        told = problem;
      });
    },
  };
}

function readNow(config: TlsConfig): Contents {
  const file = (path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new ConfigProblem(`${path}: ${fileReason(error)}`);
    }
  };
  return {
    cert: file(config.cert),
    key: file(config.key),
    ca: config.clientCa === '' ? undefined : file(config.clientCa),
  };
}

async function read(config: TlsConfig): Promise<Contents> {
  const file = async (path: string): Promise<Buffer> => {
    try {
      return await readFile(path);
    } catch (error) {
      throw new ConfigProblem(`${path}: ${fileReason(error)}`);
    }
  };
  return {
    cert: await file(config.cert),
    key: await file(config.key),
    ca: config.clientCa === '' ? undefined : await file(config.clientCa),
  };
}

function same(one: Contents, other: Contents): boolean {
  const ca = one.ca === undefined || other.ca === undefined ? one.ca === other.ca : one.ca.equals(other.ca);
  return ca && one.cert.equals(other.cert) && one.key.equals(other.key);
}

/** Throws ConfigProblem where a certificate, its key or the authority cannot be used. */
function usable({ cert, key, clientCa }: TlsConfig, contents: Contents): SecureContextOptions {
  const context = {
    cert: contents.cert,
    key: contents.key,
    ...(contents.ca === undefined ? {} : { ca: contents.ca }),
  };
  const check = (options: SecureContextOptions, problem: (why: string) => string): void => {
    try {
      createSecureContext(options);
    } catch (error) {
      throw new ConfigProblem(problem(messageOf(error).replace(/^error:[0-9A-Fa-f]+:/, '')), {
        cause: error,
      });
    }
  };
  check({ cert: contents.cert }, (why) => `${cert}: not a certificate in PEM (${why})`);
  check({ key: contents.key }, (why) => `${key}: not a private key in PEM (${why})`);
  check({ cert: contents.cert, key: contents.key }, () => `${key} is not the key of the certificate ${cert}`);
  if (contents.ca !== undefined && !contents.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new ConfigProblem(`${clientCa}: not a certificate in PEM`);
  check(context, (why) => `${clientCa}: not a certificate in PEM (${why})`);
  return context;
}

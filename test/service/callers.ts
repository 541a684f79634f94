import { readFileSync } from 'node:fs';
import type { Role } from '../../src/identity/roles.js';
import type { ChannelTls } from '../../src/server/grpc/client.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';
import { clientsOf, type Instance, type Place } from './harness.js';
import type { Flags } from './harness-config.js';
import { keysOf } from '../../src/serve/identities.js';
import type { World } from '../../src/world/world.js';

/** Whom a test makes a key for. */
export interface Caller {
  readonly roles: readonly Role[];
  readonly sites?: readonly string[];
  /** Epoch ms. */
  readonly expiresAt?: number;
  /** For a certificate in place of a key. */
  readonly subject?: string;
}

/** A certificate of the tests, with its key; see test/support/tls. */
export function certificate(name: string): { readonly cert: Buffer; readonly key: Buffer } {
  return { cert: pem(`${name}.crt`), key: pem(`${name}.key`) };
}

/** A file of test/support/tls. */
export function pem(name: string): Buffer {
  return readFileSync(`test/support/tls/${name}`);
}

/** Makes keys in the store, before an instance runs on it. Their texts, by name. */
export function makeKeys<N extends string>(
  place: Place,
  callers: Readonly<Record<N, Caller>>,
): Promise<Readonly<Record<N, string>>> {
  return place.withStore(async (store) => {
    const keys = keysOf(store.keys, OWN_TIME_WORLD);
    const made: [string, string][] = [];
    for (const [name, caller] of Object.entries<Caller>(callers)) {
      const { roles, sites = [], expiresAt, subject = '' } = caller;
      const { key } = await keys.create({ name, roles, sites, expiresAt, subject, by: 'test' });
      made.push([name, key]);
    }
    return Object.fromEntries(made) as Record<N, string>;
  });
}

/** Clients of somebody, closed by `close`. */
export type Clients = ReturnType<typeof clientsOf>;

/** Starts an instance that asks who calls. */
export function startAsking(place: Place, flags: Flags = {}, world?: World): Promise<Instance> {
  return place.start({ identities: 'required', ...flags }, world);
}

/** Clients that show a key; without one, nothing. */
export function clientsWith(instance: Instance, key?: string, tls?: ChannelTls): Clients {
  return clientsOf(instance.service.grpcAddress, { ...(key && { key }), ...(tls && { tls }) });
}

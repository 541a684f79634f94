import { readFileSync } from 'node:fs';
import { Role } from '../../src/gen/tollgate/v1/access_pb.js';
import type { Role as RoleName } from '../../src/identity/roles.js';
import type { ChannelTls } from '../../src/server/grpc/client.js';
import { clientsOf, type Instance, type Place } from './harness.js';
import type { Flags } from './harness-config.js';
import type { World } from '../../src/world/world.js';

/** Whom a test makes a key for. */
export interface Caller {
  readonly roles: readonly RoleName[];
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

/** The role as the API says it. */
export function wireRole(role: RoleName): Role {
  return Role[role.toUpperCase() as keyof typeof Role];
}

/** Makes keys as an operator does at first: on an instance in development mode, which then ends. The texts, by name. */
export async function makeKeys<N extends string>(
  place: Place,
  callers: Readonly<Record<N, Caller>>,
): Promise<Readonly<Record<N, string>>> {
  const instance = await place.start();
  const made: [string, string][] = [];
  for (const [name, { roles, sites = [], expiresAt, subject = '' }] of Object.entries<Caller>(callers)) {
    const { secret } = await instance.keys.createKey({
      name,
      roles: roles.map(wireRole),
      sites: [...sites],
      certificateSubject: subject,
      actor: 'test',
      ...(expiresAt === undefined
        ? {}
        : { expiresAt: { seconds: BigInt(Math.floor(expiresAt / 1000)), nanos: (expiresAt % 1000) * 1e6 } }),
    });
    made.push([name, secret]);
  }
  await instance.close();
  return Object.fromEntries(made) as Record<N, string>;
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

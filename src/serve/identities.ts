import { ConfigProblem, type Config } from '../config/config.js';
import { ANYBODY, knownCallers, type Callers } from '../identity/callers.js';
import type { Refusal } from '../identity/authenticate.js';
import { createFailedAttempts } from '../identity/failed-attempts.js';
import { createKeyLook } from '../identity/key-look.js';
import { createKeys, type Keys } from '../identity/key-service.js';
import type { KeyStore } from '../identity/key-store.js';
import type { World } from '../world/world.js';

/** The keys of a store; `refresh` before the first use. */
export function keysOf(store: KeyStore, world: Pick<World, 'clock' | 'randomBytes'>): Keys {
  return createKeys({
    store,
    now: () => world.clock.now(),
    randomBytes: (length) => world.randomBytes(length),
  });
}

/** Who calls, as configured: everybody, or those that a key or certificate names. `told` counts the others. */
export function callersOf(
  { identities }: Pick<Config, 'identities'>,
  keys: Keys,
  { clock, timers }: Pick<World, 'clock' | 'timers'>,
  told: (why: Refusal) => void,
): Callers {
  if (identities === 'development') return ANYBODY;
  return knownCallers(
    keys,
    createFailedAttempts(timers, () => clock.now()),
    createKeyLook(() => keys.refresh(), timers),
    told,
  );
}

/** Throws ConfigProblem where nobody could call: identities are required, and there is none. */
export function mustLetSomebodyIn({ identities, tls }: Pick<Config, 'identities' | 'tls'>, keys: Keys): void {
  const certificates = tls !== undefined && tls.clientCa !== '';
  if (identities === 'development' || keys.anyInForce(certificates)) return;
  const which = certificates ? 'no key or certificate' : 'no key';
  throw new ConfigProblem(
    `identities: required, and the store holds ${which} that is in force: start once without, run ` +
      `'tollgate keys create --name YOU --role operator' on this machine, and start again`,
  );
}

/** In a few words for the line at the start and for health: whether callers are known, and whether others listen in. */
export function identitiesText({ identities, tls, insecureListen }: Config): string {
  const encrypted = tls === undefined ? 'no TLS' : 'TLS';
  const asked =
    identities === 'required'
      ? `callers show a ${tls?.clientCa ? 'key or certificate' : 'key'}, ${encrypted}`
      : `${tls === undefined ? '' : 'TLS, '}no caller is asked who they are`;
  if (insecureListen) return `INSECURE, other machines reach it: ${asked}`;
  return identities === 'development' ? `development mode: ${asked}` : asked;
}

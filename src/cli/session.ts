import type { Command } from 'commander';
import { connect, type Connection } from './client.js';
import { credentialsOf, type CredentialOptions, type Credentials } from './credentials.js';
import { usageError } from './exit.js';
import { toCliError } from './failure.js';
import type { Host } from './host.js';
import { createOutput, type Output } from './output.js';

/** The options every command takes. */
export interface CommonOptions extends CredentialOptions {
  readonly server?: string;
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

/** What a command works with. */
export interface Session {
  readonly host: Host;
  readonly out: Output;
  /** HOST:PORT of the service. */
  readonly server: string;
  /** Connects at the first use; closed when the command is over. */
  readonly tollgate: () => Connection;
}

const DEFAULT_SERVER = '127.0.0.1:50051';

/** The address a command talks to: --server, else TOLLGATE_SERVER, else the default of `serve`. */
function serverAddress(options: CommonOptions, host: Host): string {
  const address = options.server ?? (host.environment['TOLLGATE_SERVER'] || DEFAULT_SERVER);
  const port = /^[^\s/]+:(\d{1,5})$/.exec(address)?.[1];
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
    const from = options.server === undefined ? 'TOLLGATE_SERVER' : '--server';
    throw usageError(`${from}: '${address}' is not HOST:PORT`);
  }
  return address;
}

/** Runs a command's work in a session; what is thrown becomes a CliError that knows the server. */
export async function withSession(
  host: Host,
  command: Command,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const server = serverAddress(options, host);
  let connection: Connection | undefined;
  let shown: Credentials | undefined;
  const open = (): Connection => {
    shown = credentialsOf(options, host);
    return connect(server, { ...shown, deadlineMs: options.timeout * 1000, now: host.now });
  };
  try {
    await work({
      host,
      server,
      out: createOutput(host, options.json ?? false),
      tollgate: () => (connection ??= open()),
    });
  } catch (error) {
    throw toCliError(error, server, shown);
  } finally {
    connection?.close();
  }
}

/**
 * Who acts: what `option` says, else TOLLGATE_ACTOR, else the name of the person at the machine. Where callers are known it
 * counts for what is owned only: '' where a key is shown and nobody has a name.
 */
export function actorName(given: string | undefined, host: Host, option = '--actor'): string {
  const { environment } = host;
  const names = [given, environment['TOLLGATE_ACTOR'], environment['USER'], environment['LOGNAME']];
  // Asked for last: a container may know its user by number only.
  const actor = names.find((name) => name !== undefined && name !== '') ?? host.userName();
  const key = environment['TOLLGATE_KEY'] ?? environment['TOLLGATE_KEY_FILE'] ?? '';
  if (actor === '' && key === '')
    throw usageError(`who does this? Say it with ${option} NAME or TOLLGATE_ACTOR`);
  return actor;
}

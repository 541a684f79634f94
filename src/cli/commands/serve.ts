import type { Command } from 'commander';
import { resolveConfig } from '../../config/config.js';
import { OPTIONS, type OptionName } from '../../config/options.js';
import { EXIT } from '../exit.js';
import { failureText, toCliError } from '../failure.js';
import type { Host } from '../host.js';
import { readText } from '../input/files.js';

/** The one that is no key of the file. */
const CONFIG = { name: '--config FILE', environment: 'TOLLGATE_CONFIG', fallback: '' };

const HELP = `
Every option is also an environment variable, and a key of the --config file (JSON). The command line wins over the
environment, and that over the file:
${[...OPTIONS, CONFIG].map(({ name, environment, fallback }) => `  ${name.padEnd(16)} ${environment.padEnd(27)} ${fallback}`).join('\n')}

Examples:
  $ tollgate serve
  $ tollgate serve --store sqlite:/var/lib/tollgate/tollgate.db
  $ tollgate serve --identities required
  $ tollgate serve --listen 10.0.0.5:50051 --identities required --tls-cert tls.crt --tls-key tls.key
  $ tollgate serve --listen 10.0.0.5:50051 --insecure-listen allow
  $ TOLLGATE_STORE=mongodb://db1,db2,db3/tollgate?replicaSet=rs0 tollgate serve --config tollgate.json`;

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `tollgate serve`: runs the service until it is told to end. */
export function addServe(program: Command, host: Host): void {
  const command = program
    .command('serve')
    .summary('run the service')
    .description(
      'Run the service until interrupted. One line on stderr says where it listens and on which store.',
    );
  for (const { name, help } of OPTIONS) command.option(`--${dashed(name)} <value>`, help);
  command
    .option('--config <file>', 'JSON file of these options')
    .addHelpText('after', HELP)
    .action(async (options: Partial<Record<OptionName | 'config', string>>) => {
      // A start may have nothing under way but the wait for a store that is slow.
      const letEnd = host.stayAlive();
      try {
        await serve(options, host);
      } catch (error) {
        throw toCliError(error, options.listen ?? '');
      } finally {
        letEnd();
      }
    });
}

async function serve(options: Partial<Record<OptionName | 'config', string>>, host: Host): Promise<void> {
  const { config: name = host.environment['TOLLGATE_CONFIG'], ...flags } = options;
  const file = name === undefined || name === '' ? undefined : { name, text: await readText(name, host) };
  const config = resolveConfig({ flags, environment: host.environment, file });
  const ended = new Promise<void>((resolve) => {
    host.onInterrupt(resolve);
  });
  // Only this command needs the service with its stores: the others start faster without.
  const { startService } = await import('../../main.js');
  const service = await startService(config);
  const { grpcAddress, httpAddress, store, identities } = service;
  host.complain(
    `tollgate listens on ${grpcAddress} (gRPC) and ${httpAddress} (HTTP), store ${store}; ${identities}\n`,
  );
  await ended;
  try {
    await service.close();
  } catch (error) {
    // What hangs would keep the process alive; what was acknowledged is durable.
    host.complain(failureText(toCliError(error, '')));
    host.leave(EXIT.refused);
  }
}

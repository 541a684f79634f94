import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addDecide } from './commands/decide.js';
import { addDecisions } from './commands/decisions.js';
import { addImport } from './commands/import.js';
import { addKeys, addWhoAmI } from './commands/keys.js';
import { addLists } from './commands/lists.js';
import { addReplayStream } from './commands/replay-stream.js';
import { addRules } from './commands/rules.js';
import { addServe } from './commands/serve.js';
import { addSimulate } from './commands/simulate.js';
import { addSites } from './commands/sites.js';
import { positiveNumber } from './arguments.js';
import { EXIT, usageError, type CliError } from './exit.js';
import { failureJson, failureText, toCliError } from './failure.js';
import type { Host } from './host.js';

export { nodeHost } from './host.js';

const VERSION = (createRequire(import.meta.url)('../../package.json') as { readonly version: string })
  .version;

const HELP = `
Exit codes: ${EXIT.ok} done; ${EXIT.refused} refused, failed or interrupted; ${EXIT.usage} wrong arguments or an unreadable file; ${EXIT.unreachable} no answer from the server.
Environment: TOLLGATE_SERVER (the default of --server), TOLLGATE_KEY (the key to call with) or TOLLGATE_KEY_FILE,
TOLLGATE_TLS_CA, TOLLGATE_CLIENT_CERT, TOLLGATE_CLIENT_KEY, TOLLGATE_ACTOR (the default of --actor), NO_COLOR.

Examples:
  $ tollgate serve
  $ tollgate simulate
  $ tollgate decide payment.json
  $ tollgate decisions list --outcome reject --limit 10`;

/** The whole command. */
function createProgram(host: Host, json: boolean): Command {
  const program = new Command('tollgate')
    .description('Decides, for every payment, whether it may go on and whether the payer must authenticate.')
    .option(
      '--server <address>',
      'HOST:PORT of the running service (default: TOLLGATE_SERVER or 127.0.0.1:50051)',
    )
    .option('--key-file <file>', 'file with the key to call with (default: the key in TOLLGATE_KEY)')
    .option('--tls-ca <file>', 'PEM file: call over TLS, and believe this authority; system: those of Node')
    .option('--client-cert <file>', 'PEM file: the certificate to call with')
    .option('--client-key <file>', 'PEM file: its private key')
    .option('--version', 'show the version')
    .option('--json', 'JSON for machines in place of tables')
    .option('--timeout <seconds>', 'longest wait for one answer', positiveNumber, 10)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => host.print(text),
      // Help that was not asked for; a program gets an error in place of it.
      writeErr: (text) => (json ? undefined : host.complain(text)),
      // Said by `main`, in the form of every other error.
      outputError: () => undefined,
    })
    .exitOverride()
    .hook('preAction', refuseVersion)
    .addHelpText('after', HELP);
  addServe(program, host);
  addSimulate(program, host);
  addReplayStream(program, host);
  addDecide(program, host);
  addDecisions(program, host);
  addRules(program, host);
  addLists(program, host);
  addSites(program, host);
  addKeys(program, host);
  addWhoAmI(program, host);
  addImport(program, host);
  return program;
}

/** With a command it was meant for a rule set's version, which is an argument: nothing must look as if it were done. */
function refuseVersion(program: Command): void {
  if (program.opts<{ readonly version?: boolean }>().version !== true) return;
  throw usageError('--version stands alone: it shows the version of tollgate', [
    "(A rule set's version is an argument, as in: tollgate rules activate cards 3)",
  ]);
}

const HELPED: readonly string[] = ['commander.helpDisplayed', 'commander.help'];

/** Commander's words for wrong arguments take the form of every other error. */
function failureOf(thrown: unknown, server: string): CliError {
  if (!(thrown instanceof CommanderError)) return toCliError(thrown, server);
  const [what = '', ...hints] = thrown.message.replace(/^error: /, '').split('\n');
  return usageError(what, [...hints, '(Add --help for the options and examples)']);
}

/** Runs the command with its arguments (those after the name of the program). Resolves with the exit code. */
export async function main(args: readonly string[], host: Host): Promise<number> {
  const json = args.includes('--json');
  if (args.every((one) => one === '--version' || one === '--json') && args.includes('--version')) {
    host.print(`${VERSION}\n`);
    return EXIT.ok;
  }
  const program = createProgram(host, json);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.ok;
  } catch (thrown) {
    const helped = thrown instanceof CommanderError && HELPED.includes(thrown.code);
    if (helped && thrown.exitCode === 0) return EXIT.ok;
    if (helped && !json) return EXIT.usage;
    const error = helped
      ? usageError('a command is missing; --help lists them')
      : failureOf(thrown, program.opts<{ server?: string }>().server ?? 'the server');
    host.complain(json ? failureJson(error) : failureText(error));
    return error.exitCode;
  }
}

import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { ScreenRequestSchema, ScreenResponseSchema } from '../../gen/tollgate/v1/decision_service_pb.js';
import { printDecision } from '../decision-text.js';
import { badInput } from '../exit.js';
import type { Host } from '../host.js';
import { fileName, readMessage, readJson } from '../input/files.js';
import { withSession } from '../session.js';

const HELP = `
FILE holds a ScreenRequest as JSON, {"requestId": "...", "payment": {...}}, or a Payment alone; - reads standard input.
Without a request id a new one is made up; with the same one the stored decision comes back.

Examples:
  $ tollgate decide payment.json
  $ tollgate decide payment.json --request-id order-4711-1 --json
  $ echo '{"site":"es","amount":{"minor":"4990","currency":"EUR"},"instrument":{"card":{"fingerprint":"fp_1f2e","bin":"405921"}}}' | tollgate decide -`;

/** `tollgate decide FILE`: screens one payment. */
export function addDecide(program: Command, host: Host): void {
  program
    .command('decide <file>')
    .summary('decide one payment')
    .description('Decide one payment and print the decision.')
    .option('--request-id <id>', 'the idempotency key, in place of the one in the file')
    .addHelpText('after', HELP)
    .action((file: string, options: { requestId?: string }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const json = await readJson(file, host);
        if (typeof json !== 'object' || json === null || Array.isArray(json))
          throw badInput(fileName(file), 'not a JSON object');
        const whole = 'payment' in json ? json : { payment: json };
        const request = readMessage(ScreenRequestSchema, whole, file);
        request.requestId = options.requestId ?? (request.requestId || `cli-${host.newId()}`);
        const response = await tollgate().decisions.screen(request);
        if (out.json) out.document(toJson(ScreenResponseSchema, response));
        else if (response.decision !== undefined) printDecision(out, response.decision, response.repeated);
      }),
    );
}

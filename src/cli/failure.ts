import { ERRORS, TollgateError, type ErrorCode } from '../errors/errors.js';
import { CallFailed } from '../server/grpc/bridge.js';
import { VIOLATIONS_TOTAL } from '../server/grpc/status-details.js';
import { counted } from './counted.js';
import type { Credentials } from './credentials.js';
import { CliError, EXIT } from './exit.js';
import { oneLine } from './one-line.js';

/** Statuses after which trying again later may help. */
const AWAY: readonly string[] = ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED'];

/** Whether trying again later may help. */
export function mayPass(code: ErrorCode): boolean {
  return AWAY.includes(ERRORS[code].status);
}

function fromTollgate(error: TollgateError): CliError {
  const violations = error.violations.map(({ field, description }) => `${field}: ${description}`);
  // One alone is what the message says already.
  const details = violations.length === 1 && violations[0] === error.message ? [] : violations;
  const unnamed = Number(error.metadata[VIOLATIONS_TOTAL] ?? 0) - violations.length;
  if (unnamed > 0) details.push(`and ${counted(unnamed, 'more field')} at fault`);
  const exitCode = mayPass(error.code) ? EXIT.unreachable : EXIT.refused;
  return new CliError(exitCode, error.code, `${error.message} (${error.code})`, details);
}

/** What the transport says, without its own jargon. */
function unreachableReason(text: string): string {
  if (/ECONNREFUSED/.test(text)) return 'nobody listens there';
  if (/Name resolution failed/.test(text)) return 'no host has that name';
  if (/Protocol error|PROTOCOL_ERROR|HPE_/.test(text)) return 'what listens there does not speak gRPC';
  if (/wrong version number|packet length too long|http request/.test(text))
    return 'what listens there does not speak TLS: leave out --tls-ca and TOLLGATE_TLS_CA';
  if (/self-signed certificate|unable to (?:get (?:local )?issuer|verify)/.test(text))
    return 'the authority of --tls-ca did not sign its certificate';
  if (/altnames/.test(text)) return 'its certificate is for another name than the one it is called by';
  if (/certificate has expired/.test(text)) return 'its certificate has expired';
  if (/Failed to connect/.test(text))
    return 'it ends the connection before a word, as what speaks TLS does: name its authority with --tls-ca FILE';
  return text
    .replace(/^No connection established\. Last error: /, '')
    .replace(/\. ?Resolution note: .*$/, '');
}

function fromCall(error: CallFailed, server: string): CliError {
  if (error.status === 'UNAVAILABLE') {
    const reason = unreachableReason(error.message);
    return new CliError(
      EXIT.unreachable,
      'UNREACHABLE',
      `cannot reach Tollgate at ${server}: ${reason}; start it with 'tollgate serve', or name another with --server HOST:PORT`,
    );
  }
  if (error.status === 'UNIMPLEMENTED') {
    return new CliError(
      EXIT.refused,
      'UNIMPLEMENTED',
      `what answers at ${server} does not know this call: not Tollgate, or another version of it`,
    );
  }
  return new CliError(
    EXIT.refused,
    error.status,
    `the call to ${server} failed: ${error.message} (${error.status})`,
  );
}

/** Tollgate does not know who calls, and does not say why. */
function notAuthenticated({ code }: TollgateError, server: string, shown: Credentials | undefined): CliError {
  const text =
    shown?.key !== undefined
      ? `Tollgate at ${server} does not take the key in ${shown.keyFrom}: it is unknown, wrong, revoked or expired`
      : shown?.tls?.client !== undefined
        ? `Tollgate at ${server} does not take the client certificate: nobody is known by its name`
        : `Tollgate at ${server} asks who calls: set TOLLGATE_KEY, or name a file with --key-file FILE`;
  return new CliError(EXIT.refused, code, `${text} (${code})`);
}

/**
 * Whatever was thrown, as words and an exit code. `server` is the address the command talked to, `shown` what it showed of
 * who calls.
 */
export function toCliError(error: unknown, server: string, shown?: Credentials): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof TollgateError && error.code === 'NOT_AUTHENTICATED')
    return notAuthenticated(error, server, shown);
  // No command cancels a call that it waits for.
  if (error instanceof TollgateError && error.code === 'CANCELLED')
    return new CliError(
      EXIT.unreachable,
      'CUT_OFF',
      `Tollgate at ${server} ended the call before its answer`,
    );
  if (error instanceof TollgateError) return fromTollgate(error);
  if (error instanceof CallFailed) return fromCall(error, server);
  if (error instanceof Error && error.name === 'ConfigProblem')
    return new CliError(EXIT.usage, 'CONFIG', error.message);
  if (error instanceof Error) return new CliError(EXIT.refused, 'FAILED', error.message);
  return new CliError(EXIT.refused, 'FAILED', String(error));
}

/** The words for people, one line for the error and one for each detail: they may quote a piece of a file. */
export function failureText(error: CliError): string {
  const details = error.details.map((detail) => `  ${oneLine(detail)}`);
  return [`tollgate: ${oneLine(error.message)}`, ...details, ''].join('\n');
}

/** The same for programs, one line of JSON. */
export function failureJson(error: CliError): string {
  const { code, exitCode, message, details } = error;
  return `${JSON.stringify({ error: { code, exitCode, message, details } })}\n`;
}

import { TollgateError } from './errors.js';
import { quotesStored, storeNumbers, storeReason } from './store-unavailable.js';

/** Causes told at most: a chain may lead back to itself. */
const CAUSES = 5;

/** What an error says, without where and why. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * An error for the log: its stack, and those of its causes. Of a store that is away one line says all. What a database
 * server says is left out, since it may quote what is stored.
 */
export function logText(error: unknown): string {
  if (error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE') return storeReason(error);
  const texts: string[] = [];
  for (let one = error; one !== undefined && texts.length <= CAUSES;) {
    texts.push(stackOf(one));
    one = one instanceof Error ? one.cause : undefined;
  }
  return texts.join('\ncaused by ');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack = `${name}: ${message}` } = error;
  if (!quotesStored(error)) return stack;
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return [storeNumbers(error), ...frames].join('\n');
}

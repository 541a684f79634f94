import { wholeNumber } from '../../arguments.js';
import { usageError } from '../../exit.js';

/** A version as it is written on the command line, `4` or `v4`. */
export function versionNumber(text: string): number {
  try {
    return wholeNumber(1)(text.replace(/^v/, ''));
  } catch {
    throw usageError(`version '${text}' is not a whole number of at least 1`);
  }
}

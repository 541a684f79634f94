import { TollgateError } from '../../../src/errors/errors.js';

/** What a check has against a request: `field: description` for each field at fault; empty when it is right. */
export function violationsOf(check: () => void): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'INVALID_REQUEST') throw error;
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
}

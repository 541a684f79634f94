import { TollgateError, type FieldViolation } from '../../../src/errors/errors.js';

/** What a check has against a request: `field: description` for each field at fault; empty when it is right. */
export function violationsOf(check: () => readonly FieldViolation[] | void): readonly string[] {
  return faultsOf(check).map(({ field, description }) => `${field}: ${description}`);
}

/** Checks throw what they find, or hand it on to those who find more. */
function faultsOf(check: () => readonly FieldViolation[] | void): readonly FieldViolation[] {
  try {
    return check() ?? [];
  } catch (error) {
    if (!(error instanceof TollgateError) || error.code !== 'INVALID_REQUEST') throw error;
    return error.violations;
  }
}

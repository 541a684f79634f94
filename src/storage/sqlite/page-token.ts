import { TollgateError } from '../../errors/errors.js';

const PREFIX = 'd1.';

/** A place in the list of decisions, as callers carry it. */
export function pageToken(before: number): string {
  return Buffer.from(`${PREFIX}${before}`, 'latin1').toString('base64url');
}

/** Reads a page token; throws INVALID_REQUEST for anything else. */
export function placeOf(token: string): number {
  const text = Buffer.from(token, 'base64url').toString('latin1');
  const digits = text.slice(PREFIX.length);
  const before = Number(digits);
  if (!text.startsWith(PREFIX) || !/^[1-9]\d{0,15}$/.test(digits) || pageToken(before) !== token) {
    throw new TollgateError('INVALID_REQUEST', 'the page token is not one of ours', {
      violations: [{ field: 'page_token', description: 'not a token of an earlier answer' }],
    });
  }
  return before;
}

import { TollgateError } from '../../../errors/errors.js';
import type { ListPlace } from './wire.js';

const TOKEN = /^d2~(-?\d{1,17}(?:\.\d{1,17})?)~(\d{1,16})$/;

/** A place in the list of decisions, as callers carry it. */
export function pageToken({ at, seq }: ListPlace): string {
  return Buffer.from(`d2~${at}~${seq}`, 'latin1').toString('base64url');
}

/** Reads a page token; throws INVALID_REQUEST for anything else. */
export function placeOf(token: string): ListPlace {
  const match = TOKEN.exec(Buffer.from(token.slice(0, 100), 'base64url').toString('latin1'));
  const place = { at: Number(match?.[1]), seq: Number(match?.[2]) };
  if (!match || pageToken(place) !== token) {
    throw new TollgateError('INVALID_REQUEST', 'the page token is not one of ours', {
      violations: [{ field: 'page_token', description: 'not a token of an earlier answer' }],
    });
  }
  return place;
}

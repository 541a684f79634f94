import { TollgateError } from '../errors/errors.js';

/** What a listing asks for: at most `size`, from where `token` (empty: the start) left off. */
export interface PageQuery {
  readonly size: number;
  readonly token: string;
}

/** Some of a listing; `next` is empty at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string;
}

/** A page of items that are sorted by key; the token is the last key given. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { size, token }: PageQuery,
): Page<T> {
  const after = token === '' ? undefined : decodeToken(token);
  const from = after === undefined ? 0 : items.findIndex((item) => keyOf(item) > after);
  if (from < 0) return { items: [], next: '' };
  const page = items.slice(from, from + size);
  const last = page.at(-1);
  const more = from + size < items.length && last !== undefined;
  return { items: page, next: more ? encodeToken(keyOf(last)) : '' };
}

/** Makes a page token opaque, so that nobody builds one. */
export function encodeToken(key: string): string {
  return Buffer.from(`1:${key}`).toString('base64url');
}

/** The key in a page token. Throws INVALID_REQUEST. */
export function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('1:')) return text.slice(2);
  throw badPageToken();
}

/** The whole number above 0 in a page token. Throws INVALID_REQUEST. */
export function decodeNumber(token: string): number {
  const key = decodeToken(token);
  if (/^[1-9]\d{0,14}$/.test(key)) return Number(key);
  throw badPageToken();
}

/** What is answered to a token that nobody gave. */
export function badPageToken(): TollgateError {
  return new TollgateError('INVALID_REQUEST', 'page_token: is not one that this call gave', {
    violations: [{ field: 'page_token', description: 'is not one that this call gave' }],
  });
}

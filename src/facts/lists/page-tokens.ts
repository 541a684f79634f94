import { badPageToken, decodeToken, encodeToken } from '../../paging/paging.js';
import type { EntryPlace, HistoryPlace } from './list-store.js';

/** The numbers first: a value may hold anything. */
export function tokenOfPlace({ value, validFrom }: EntryPlace): string {
  return encodeToken(`${validFrom} ${value}`);
}

/** Where a page of entries begins; undefined: at the start. Throws INVALID_REQUEST, as all that read tokens. */
export function placeIn(token: string): EntryPlace | undefined {
  if (token === '') return undefined;
  const [, from, value] = /^(-?\d{1,16}) (.*)$/s.exec(decodeToken(token)) ?? [];
  if (from === undefined || value === undefined) throw badPageToken();
  return { value, validFrom: Number(from) };
}

/** A place in the history of a value. */
export function tokenOfHistory({ revision, validFrom, value }: HistoryPlace): string {
  return encodeToken(`${revision} ${validFrom} ${value}`);
}

/** Where a page of a history begins. */
export function historyPlaceIn(token: string): HistoryPlace | undefined {
  if (token === '') return undefined;
  const [, revision, from, value] = /^(\d{1,16}) (-?\d{1,16}) (.*)$/s.exec(decodeToken(token)) ?? [];
  if (from === undefined || value === undefined) throw badPageToken();
  return { revision: Number(revision), value, validFrom: Number(from) };
}

/** A place in the log of a list. */
export function tokenOfRevision(revision: number): string {
  return encodeToken(String(revision));
}

/** Below which revision a page of the log begins. */
export function revisionIn(token: string): number | undefined {
  if (token === '') return undefined;
  const text = decodeToken(token);
  if (!/^\d{1,15}$/.test(text)) throw badPageToken();
  return Number(text);
}

import { hash } from 'node:crypto';
import type { JournalEntry } from '../ports.js';
import type { EventInput } from '../decisions.js';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const CODES = Buffer.from(ALPHABET, 'latin1');
const LENGTH = 26;
/** An id in the making: letter by letter a string would be a chain of strings. */
const letters = Buffer.alloc(LENGTH);

/**
 * The id of what a site asked under a key of its own: 26 characters of Crockford base 32 over the first 130 bits of
 * SHA-256. The same request has the same id on every instance and store, which makes the primary key the guard against
 * deciding twice. `space` keeps decisions, events and holds apart.
 */
export function entryId(space: 'decision' | 'event' | 'hold', site: string, key: string): string {
  // As a string, a byte a letter: a buffer takes twice as long to make, and the collector has to watch it.
  const digest = hash('sha256', `${space}\0${site}\0${key}`, 'binary');
  let length = 0;
  let bits = 0;
  let value = 0;
  for (let index = 0; length < LENGTH; index += 1) {
    value = (value << 8) | digest.charCodeAt(index);
    bits += 8;
    while (bits >= 5 && length < LENGTH) {
      bits -= 5;
      letters[length++] = CODES[(value >>> bits) & 31] ?? 0;
    }
    value &= (1 << bits) - 1;
  }
  return letters.toString('latin1');
}

/**
 * The ids of an event's entry: one of its own, for a payment from history beside that of the payment, under which a
 * screened payment and later events meet it.
 */
export function eventIds({
  kind,
  site,
  eventId,
  requestId,
}: Pick<EventInput, 'kind' | 'site' | 'eventId' | 'requestId'>): Pick<JournalEntry, 'id' | 'alias'> {
  const own = entryId('event', site, eventId);
  if (kind !== 'payment') return { id: own, alias: undefined };
  return { id: entryId('decision', site, requestId || eventId), alias: own };
}

/**
 * What a decision's holds are kept under. It names their terms too: a decision that was lost after it had reserved, and is
 * made again for another amount, on another day or by other rules, finds nothing that it could take for its own.
 */
export function holdId(decision: string, amount: number, counters: readonly string[]): string {
  return entryId('hold', decision, [amount, ...counters].join('\0'));
}

/** Whether a text has the form of an id. */
export function isEntryId(text: string): boolean {
  if (text.length !== LENGTH) return false;
  for (const character of text) if (!ALPHABET.includes(character)) return false;
  return true;
}

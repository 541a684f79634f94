import type { Journal, JournalEntry } from '../../src/decisions/ports.js';
import { keysOf } from '../../src/decisions/record/event-entry.js';
import { entryId } from '../../src/decisions/record/decision-id.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type Attribute } from '../../src/facts/attributes.js';
import { createKeyHash } from '../../src/facts/attributes/key-hash.js';
import type { ListEntry, ListStore } from '../../src/facts/lists/list-store.js';
import type { StreamEvent } from '../../src/facts/stream.js';
import { seeded } from './random.js';

/** The address whose window is busy. */
export const HOT_IP = '198.51.100.7';
const BATCH = 512;
const LANES = 2;
const DAY = 86_400_000;
const PAD = 'x'.repeat(420);

/**
 * Appends decisions of the last 60 days to a journal, the last `hot` of them from one address and within the last 20
 * hours before `now`. 1.2 kB each, as the screen benchmark makes them.
 */
export async function fillDecisions(
  journal: Journal,
  count: number,
  hot: number,
  now: number,
): Promise<void> {
  const hash = createKeyHash(journal.hashKey);
  const random = seeded(count);
  const hotIp = hash('ip', HOT_IP);
  const firstHot = count - hot;
  let seq = journal.lastSeq;
  let made = 0;
  const next = (): JournalEntry => {
    const index = made;
    made += 1;
    seq += 1;
    const isHot = index >= firstHot;
    const at = isHot
      ? now - 20 * 3_600_000 + Math.floor(((index - firstHot) / hot) * 20 * 3_600_000)
      : now - 60 * DAY + Math.floor((index / firstHot) * 59 * DAY);
    const payer = Math.floor(random() * 2_000_000);
    const attributes = ATTRIBUTES.map(() => 0);
    const set = (name: Attribute, value: string): void => {
      attributes[ATTRIBUTE_INDEX[name]] = hash(name, value);
    };
    set('card', `fill_fp_${payer}`);
    set('account', `fill_fp_${payer}`);
    set('email', `fill.${payer}@mail.example`);
    set('device', `fill-device-${payer}`);
    set('customer', `fill-customer-${payer}`);
    set('order', `fill-order-${index}`);
    set('merchant', `merchant-${payer % 40}`);
    set('site', `site-${payer % 27}`);
    set('outcome', 'accept');
    attributes[ATTRIBUTE_INDEX.ip] = isHot
      ? hotIp
      : hash('ip', `10.${payer % 250}.${(payer >> 8) % 250}.${payer % 199}`);
    const event: StreamEvent = {
      log: journal.log,
      seq,
      kind: 'payment',
      at,
      knownAt: at,
      paymentAt: at,
      minor: 1999,
      baseMinor: 2100,
      attributes,
    };
    const site = `site-${payer % 27}`;
    const id = entryId('decision', site, `fill-${index}`);
    return {
      id,
      event,
      keys: keysOf(event),
      decision: {
        site,
        requestId: `fill-${index}`,
        outcome: 'accept',
        degraded: false,
        decidedAt: at,
        record: `{"schema":1,"id":"${id}","site":"${site}","pad":"${PAD}"}`,
        trace: `{"schema":1,"pad":"${PAD.slice(0, 200)}"}`,
        personal: new Uint8Array(420),
      },
      alias: undefined,
      report: undefined,
    };
  };
  const lane = async (): Promise<void> => {
    while (made < count) {
      const batch: JournalEntry[] = [];
      while (batch.length < BATCH && made < count) batch.push(next());
      await journal.append(batch);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Puts that many e-mail addresses on a list. */
export async function fillList(lists: ListStore, list: string, count: number, now: number): Promise<void> {
  async function* batches(): AsyncIterable<readonly ListEntry[]> {
    for (let from = 0; from < count; from += 1000)
      yield Array.from({ length: Math.min(1000, count - from) }, (_, index) => ({
        value: `listed.${from + index}@mail.example`,
        reason: 'bench',
        actor: 'bench',
        source: 'bench',
        validFrom: now,
        validUntil: Infinity,
      }));
  }
  const by = { actor: 'bench', reason: '' };
  await lists.import(list, batches(), { replace: false, dryRun: false, by, now: () => now });
}

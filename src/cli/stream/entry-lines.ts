import { create } from '@bufbuild/protobuf';
import { ScreenRequestSchema, StreamEntrySchema } from '../../gen/tollgate/v1/decision_service_pb.js';
import { EventSchema, type Event } from '../../gen/tollgate/v1/event_service_pb.js';
import {
  MerchantSchema,
  SiteSchema,
  type Merchant,
  type Site,
} from '../../gen/tollgate/v1/site_service_pb.js';
import { isPlainObject } from '../../rules/document/json-limits.js';
import { badInput } from '../exit.js';
import { goodRows } from '../input/bad-row.js';
import { readMessage } from '../input/files.js';
import { readNdjson } from '../input/rows.js';
import type { StreamItem } from './items.js';

/** A line of a stream file: something to send, or a site or merchant to put before what follows. */
export type EntryLine = StreamItem | { readonly kind: 'setup'; readonly put: Setup };
/** A site or a merchant. */
export type Setup = { readonly site: Site } | { readonly merchant: Merchant };

type JsonObject = Readonly<Record<string, unknown>>;

/** What a payment to screen really is, as the line says in `truth`. */
function truthOf(json: JsonObject): { readonly fraud: boolean | undefined; readonly fraudKind: string } {
  const truth = json['truth'];
  if (!isPlainObject(truth) || typeof truth['fraud'] !== 'boolean')
    return { fraud: undefined, fraudKind: '' };
  return { fraud: truth['fraud'], fraudKind: typeof truth['kind'] === 'string' ? truth['kind'] : '' };
}

/** The event as something to send. */
function eventItem(event: Event): StreamItem {
  return { kind: 'event', event, lane: event.requestId === '' ? event.eventId : event.requestId };
}

/** The JSON of one line: `{"screen": …, "truth": …}`, `{"event": …}`, `{"site": …}` or `{"merchant": …}`. */
export function parseEntry(json: JsonObject, where: string): EntryLine {
  if ('screen' in json) {
    const value = readMessage(ScreenRequestSchema, json['screen'], where);
    const entry = create(StreamEntrySchema, { entry: { case: 'screen', value } });
    return { kind: 'screen', entry, lane: value.requestId, ...truthOf(json) };
  }
  if ('event' in json) return eventItem(readMessage(EventSchema, json['event'], where));
  if ('site' in json && isPlainObject(json['site'])) {
    return { kind: 'setup', put: { site: readMessage(SiteSchema, json['site'], where) } };
  }
  if ('merchant' in json && isPlainObject(json['merchant'])) {
    return { kind: 'setup', put: { merchant: readMessage(MerchantSchema, json['merchant'], where) } };
  }
  throw badInput(
    where,
    'neither screen, event, site nor merchant; for another kind of file say how it is read with --map FILE',
  );
}

/**
 * The entries of a stream file, one JSON object a line. `limit` is the number of payments at which it ends; `screened`
 * hears of each payment.
 */
export async function* readEntries(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  limit: number | undefined,
  screened: () => void,
): AsyncGenerator<readonly EntryLine[]> {
  let payments = 0;
  for await (const lines of goodRows(readNdjson(bytes, name), name)) {
    const entries: EntryLine[] = [];
    for (const { json, line } of lines) {
      const entry = parseEntry(json, `${name} line ${line}`);
      if (entry.kind === 'screen') {
        if (payments++ === limit) {
          yield entries;
          return;
        }
        screened();
      }
      entries.push(entry);
    }
    yield entries;
  }
}

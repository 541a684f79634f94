import { create } from '@bufbuild/protobuf';
import {
  ScreenStreamRequestSchema,
  StreamEntrySchema,
  type ScreenStreamRequest,
  type ScreenStreamResponse,
  type StreamEntry,
  type StreamResult,
} from '../../gen/tollgate/v1/decision_service_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import type { Connection } from '../client.js';
import { counted } from '../counted.js';
import type { Session } from '../session.js';
import type { EntryLine, Setup } from './entry-lines.js';
import type { StreamItem } from './items.js';
import { throwIfNotNow } from './not-now.js';
import { failUnlessWhole, runPump, type PumpProtocol } from './run-pump.js';
import { printSummary } from './summary-text.js';
import { summarise } from './summary.js';
import { countResult, createTally } from './tally.js';

/** How a stream is sent. */
export interface StreamOptions {
  readonly streams: number;
  /** Payments a second; undefined: as fast as they are decided. */
  readonly rate: number | undefined;
  /** Entries in a message. */
  readonly batch: number;
  /** Entries waiting for their answer. */
  readonly inFlight: number;
}

/** What is sent. */
export interface StreamSource {
  readonly entries: AsyncIterable<readonly EntryLine[]>;
  /** How much of it stands in the entries given out, 0 to 1, when that is known. */
  share(): number | undefined;
  /** What is worth telling about it at the end, one sentence each. */
  remarks?(): readonly string[];
}

async function putSetup(tollgate: Connection, put: Setup): Promise<void> {
  if ('site' in put) await tollgate.sites.putSite({ site: put.site });
  else await tollgate.sites.putMerchant({ merchant: put.merchant });
}

/** Makes the sites and merchants on the way, and passes the rest on. */
async function* settingUp(
  tollgate: Connection,
  entries: AsyncIterable<readonly EntryLine[]>,
): AsyncGenerator<readonly StreamItem[]> {
  for await (const part of entries) {
    const items: StreamItem[] = [];
    for (const entry of part) {
      if (entry.kind !== 'setup') items.push(entry);
      else {
        if (items.length > 0) yield items.splice(0);
        await putSetup(tollgate, entry.put);
      }
    }
    yield items;
  }
}

function entryOf(item: StreamItem): StreamEntry {
  if (item.kind === 'screen') return item.entry;
  return create(StreamEntrySchema, { entry: { case: 'event', value: item.event } });
}

function errorOf({ result }: StreamResult): Status | undefined {
  return result.case === 'error' ? result.value : result.case === 'event' ? result.value.error : undefined;
}

/** Sends everything through the service, prints the summary, and fails when entries were refused. */
export async function runStream(
  session: Session,
  source: StreamSource,
  options: StreamOptions,
): Promise<void> {
  const { host, out } = session;
  const tollgate = session.tollgate();
  const tally = createTally();
  const protocol: PumpProtocol<StreamItem, ScreenStreamRequest, ScreenStreamResponse, StreamResult> = {
    open: (requests) => tollgate.decisions.screenStream(requests),
    request: (items) => create(ScreenStreamRequestSchema, { entries: items.map(entryOf) }),
    results: (response) => response.results,
    answered(item, result, ms) {
      throwIfNotNow(errorOf(result));
      countResult(tally, item, result, ms);
    },
  };
  const end = await runPump(session, {
    items: settingUp(tollgate, source.entries),
    share: () => source.share(),
    protocol,
    things: 'payments',
    count: () => tally.decisions,
    options: { ...options, laneKey: (item) => item.lane, counts: (item) => item.kind === 'screen' },
  });
  const { failure, ms } = end;
  const summary = summarise(tally, ms);
  // Cut off with nothing decided, there is nothing to sum up: the error says it all.
  if (failure === undefined || tally.decisions > 0) printSummary(out, summary);
  for (const remark of source.remarks?.() ?? []) host.complain(`${remark}\n`);
  if (failure !== undefined) {
    if (tally.decisions + tally.events > 0 && !out.json) {
      const covered =
        tally.decisions > 0
          ? 'The summary covers what was answered'
          : `${counted(tally.events, 'event')} taken in`;
      host.complain(`${covered}; sending the same file again repeats nothing.\n`);
    }
    throw failure.error;
  }
  const refused = summary.errors.reduce((sum, error) => sum + error.count, 0);
  failUnlessWhole(end, refused, 'entry', 'entries');
}

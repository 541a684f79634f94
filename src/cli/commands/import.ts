import { create } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  EventSchema,
  RecordEventsRequestSchema,
  type Event,
  type EventResult,
  type RecordEventsRequest,
  type RecordEventsResponse,
} from '../../gen/tollgate/v1/event_service_pb.js';
import { wholeNumber } from '../arguments.js';
import { counted, grouped } from '../counted.js';
import { badInput, usageError } from '../exit.js';
import type { Host } from '../host.js';
import { goodRows } from '../input/bad-row.js';
import { readMessage, openBytes } from '../input/files.js';
import { readNdjson } from '../input/rows.js';
import { withSession, type Session } from '../session.js';
import { historyEvent, historyPayment, interleave } from '../stream/interleave.js';
import { loadMap, openMapped } from '../stream/mapped-rows.js';
import { throwIfNotNow } from '../stream/not-now.js';
import { failUnlessWhole, runPump, type PumpProtocol } from '../stream/run-pump.js';
import { printErrors } from '../stream/summary-text.js';
import { countEvent, createTally } from '../stream/tally.js';

const HELP = `
History is payments that were not decided here, and what became known of them. Without --map FILE has one Event as JSON
a line; a payment is an event of kind EVENT_KIND_PAYMENT with its payment. With --map it is any CSV or NDJSON file of
payments (docs/cli.md); labels and outcomes of the map follow their payment. Files may be gzipped. The same file again
repeats nothing.

Examples:
  $ tollgate import history.csv.gz --map my.map.json
  $ tollgate import events.ndjson`;

interface ImportFlags {
  readonly map?: string;
  readonly limit?: number;
  readonly skipBad?: boolean;
  readonly batch: number;
  readonly inFlight: number;
}

interface History {
  readonly events: AsyncIterable<readonly Event[]>;
  /** How much of the file stands in the events given out, 0 to 1, when that is known. */
  share(): number | undefined;
  /** What is worth telling about the file at the end, one sentence each. */
  remarks(): readonly string[];
}

async function* eventLines(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly Event[]> {
  for await (const lines of goodRows(readNdjson(bytes, name), name)) {
    yield lines.map(({ json, line }) => {
      const where = `${name} line ${line}`;
      if ('screen' in json || ('site' in json && typeof json['site'] === 'object')) {
        throw badInput(where, "this is a file for 'tollgate replay-stream'");
      }
      return readMessage(EventSchema, 'event' in json ? json['event'] : json, where);
    });
  }
}

async function openHistory(path: string, flags: ImportFlags, session: Session): Promise<History> {
  const { host } = session;
  if (flags.map === undefined) {
    const mapped = flags.skipBad === true ? '--skip-bad' : flags.limit === undefined ? '' : '--limit';
    if (mapped !== '') throw usageError(`${mapped} has a meaning only with --map`);
    const source = await openBytes(path, host);
    return {
      events: eventLines(source.bytes, source.name),
      share: () => source.share(),
      remarks: () => [],
    };
  }
  const map = await loadMap(flags.map, host);
  const file = await openMapped(path, map, host, { limit: flags.limit, skipBad: flags.skipBad ?? false });
  for (const site of map.sites) await session.tollgate().sites.putSite({ site });
  return {
    events: interleave(file.rows, historyPayment, historyEvent),
    share: () => file.share(),
    remarks: () => file.remarks(),
  };
}

async function importHistory(path: string, flags: ImportFlags, session: Session): Promise<void> {
  const { host, out } = session;
  const history = await openHistory(path, flags, session);
  const { events } = session.tollgate();
  const tally = createTally();
  const protocol: PumpProtocol<Event, RecordEventsRequest, RecordEventsResponse, EventResult> = {
    open: (requests) => events.recordEvents(requests),
    request: (items) => create(RecordEventsRequestSchema, { events: [...items] }),
    results: (response) => response.results,
    answered(event, result) {
      throwIfNotNow(result.error);
      countEvent(tally, event.eventId, result);
    },
  };
  const end = await runPump(session, {
    items: history.events,
    share: () => history.share(),
    protocol,
    things: 'events',
    count: () => tally.events,
    options: { ...flags, streams: 1, rate: undefined, laneKey: () => '', counts: () => true },
  });
  const { failure, ms } = end;
  if (failure !== undefined) {
    if (tally.events > 0 && !out.json) {
      host.complain(
        `${counted(tally.events, 'event')} taken in; importing the same file again repeats nothing.\n`,
      );
    }
    throw failure.error;
  }
  for (const remark of history.remarks()) host.complain(`${remark}\n`);
  const wallSeconds = Math.round(ms) / 1000;
  const errors = [...tally.errors].map(([code, { count, example }]) => ({ code, count, example }));
  const refused = errors.reduce((sum, error) => sum + error.count, 0);
  if (out.json) {
    out.document({ events: tally.events, repeated: tally.repeatedEvents, errors, wallSeconds });
  } else {
    out.fields([
      ['events', grouped(tally.events)],
      ['known before', tally.repeatedEvents > 0 ? grouped(tally.repeatedEvents) : ''],
      ['errors', grouped(refused)],
      ['wall time', `${wallSeconds.toFixed(1)} s`],
      ['throughput', `${grouped(Math.round(tally.events / Math.max(0.001, wallSeconds)))} events a second`],
    ]);
    printErrors(out, errors);
  }
  failUnlessWhole(end, refused, 'event');
}

/** `tollgate import FILE`: takes in history. */
export function addImport(program: Command, host: Host): void {
  program
    .command('import <file>')
    .summary('take in history')
    .description('Take in history: payments that were not decided here, and what became known of them.')
    .option('--map <file>', 'how the file is read')
    .option('--limit <n>', 'with --map, payments at most', wholeNumber(1))
    .option('--skip-bad', 'with --map, leave out rows that cannot be used')
    .option('--batch <n>', 'events in one message, at most 1000', wholeNumber(1, 1000), 256)
    .option('--in-flight <n>', 'events waiting for their answer', wholeNumber(1), 2048)
    .addHelpText('after', HELP)
    .action((file: string, flags: ImportFlags, command: Command) =>
      withSession(host, command, (session) => importHistory(file, flags, session)),
    );
}

import type { Caller } from '../../../decisions/caller.js';
import type { Decisions, EventOutput, ScreenOutput } from '../../../decisions/decisions.js';
import { TollgateError } from '../../../errors/errors.js';
import type { StreamResult } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Event, EventResult } from '../../../gen/tollgate/v1/event_service_pb.js';
import type { Identity } from '../../../identity/identity.js';
import { mustCover } from '../../../identity/permission.js';
import { toScreenResponse } from '../convert/decision.js';
import type { Entry } from '../convert/entries.js';
import { toEventInput } from '../convert/event.js';
import type { CallContext } from '../call-context.js';
import type { ErrorReporter } from '../to-status.js';
import { toEntryStatus } from '../to-status.js';
import { checkEvent } from '../validate/event.js';
import type { Started } from './ordered.js';
import { toScreenInput } from './screen-input.js';

/** Bounds of the streamed calls. */
export interface EntryOptions {
  /** Entries of one stream that are read but not yet answered. */
  readonly maxInFlight: number;
}

/** A larger entry weighs as several, bytes: what is in flight is bounded in memory too. */
const ENTRY_BYTES = 8 * 1024;

/** What a message weighs against the bound. */
export function weightOf(entries: readonly Entry[]): number {
  let weight = 0;
  for (const entry of entries)
    weight += 1 + ('raw' in entry ? Math.floor(entry.raw.length / ENTRY_BYTES) : 0);
  // An empty message is answered, too.
  return Math.max(1, weight);
}

/** Starts all entries of a message, one after the other without waiting, and answers them together. */
export function answerEntries(
  decisions: Decisions,
  reporter: ErrorReporter,
  context: CallContext,
): (entries: readonly Entry[]) => Started<StreamResult[]> {
  const caller = callerOf(context);
  const failed = (error: unknown): StreamResult =>
    streamResult({ case: 'error', value: toEntryStatus(error, reporter) });
  return (entries) => ({
    weight: weightOf(entries),
    answer: Promise.all(entries.map((entry) => answerEntry(decisions, entry, caller, failed))),
  });
}

/** The caller of the entries of a stream. */
export interface EntryCaller extends Caller {
  readonly identity: Identity;
}

/** The one caller of all entries of a stream: its deadline is asked for once, not for each entry. */
export function callerOf(context: CallContext): EntryCaller {
  return {
    identity: context.identity,
    sites: context.sites,
    deadline: context.deadline,
    get cancelled() {
      return context.cancelled;
    },
  };
}

/** Checks an event and hands it over. Never throws, only rejects. */
export async function recordEvent(
  decisions: Decisions,
  event: Event,
  raw: Uint8Array,
  caller: EntryCaller,
): Promise<EventOutput> {
  checkEvent(event);
  mustCover(caller.identity, event.site);
  return decisions.record(toEventInput(event, raw), caller);
}

/** An event that was taken in. */
export function toEventResult(output: EventOutput): EventResult {
  return {
    $typeName: 'tollgate.v1.EventResult',
    eventId: output.eventId,
    repeated: output.repeated,
    sequence: BigInt(output.seq),
  };
}

/** Never rejects. Not an async function: that would keep the entry until it is answered, and there are many. */
function answerEntry(
  decisions: Decisions,
  entry: Entry,
  caller: EntryCaller,
  failed: (error: unknown) => StreamResult,
): Promise<StreamResult> {
  try {
    switch (entry.kind) {
      case 'screen': {
        const input = toScreenInput(entry.message, entry.raw);
        mustCover(caller.identity, input.payment.site);
        return decisions.screen(input, caller).then(screened, failed);
      }
      case 'event':
        return recordEvent(decisions, entry.message, entry.raw, caller).then(recorded, failed);
      case 'malformed':
        throw entry.error;
      default:
        throw new TollgateError('INVALID_REQUEST', 'entry: is required', {
          violations: [{ field: 'entry', description: 'is required: screen or event' }],
        });
    }
  } catch (error) {
    return Promise.resolve(failed(error));
  }
}

function screened(output: ScreenOutput): StreamResult {
  return streamResult({ case: 'screen', value: toScreenResponse(output) });
}

function recorded(output: EventOutput): StreamResult {
  return streamResult({ case: 'event', value: toEventResult(output) });
}

function streamResult(result: StreamResult['result']): StreamResult {
  return { $typeName: 'tollgate.v1.StreamResult', result };
}

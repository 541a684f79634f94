import type { Decisions } from '../../../decisions/decisions.js';
import type { EventResult, EventService } from '../../../gen/tollgate/v1/event_service_pb.js';
import type { Handlers } from '../handlers.js';
import type { EventEntry } from '../convert/entries.js';
import { decodeEvents } from '../convert/entries.js';
import type { ErrorReporter } from '../to-status.js';
import { toEntryStatus } from '../to-status.js';
import { ordered } from './ordered.js';
import type { EntryOptions } from './stream-entries.js';
import { recordEvent, callerOf, toEventResult, weightOf, type EntryCaller } from './stream-entries.js';

/** The handlers of EventService. */
export function eventHandlers(
  decisions: Decisions,
  reporter: ErrorReporter,
  options: EntryOptions,
): Handlers<typeof EventService> {
  const answer = async (entry: EventEntry, caller: EntryCaller): Promise<EventResult> => {
    try {
      if (entry.kind === 'malformed') throw entry.error;
      return toEventResult(await recordEvent(decisions, entry.message, entry.raw, caller));
    } catch (error) {
      return {
        $typeName: 'tollgate.v1.EventResult',
        eventId: entry.kind === 'event' ? entry.message.eventId : '',
        repeated: false,
        sequence: 0n,
        error: toEntryStatus(error, reporter),
      };
    }
  };
  return {
    recordEvents: {
      decode: decodeEvents,
      async *handle(messages, context) {
        const caller = callerOf(context);
        const start = (entries: readonly EventEntry[]) => ({
          weight: weightOf(entries),
          answer: Promise.all(entries.map((entry) => answer(entry, caller))),
        });
        for await (const results of ordered(messages, options.maxInFlight, start)) {
          yield { $typeName: 'tollgate.v1.RecordEventsResponse', results };
        }
      },
    },
  };
}

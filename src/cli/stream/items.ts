import type { StreamEntry } from '../../gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../gen/tollgate/v1/event_service_pb.js';

/** A payment to screen, with what only we know of it. */
export interface ScreenItem {
  readonly kind: 'screen';
  readonly entry: StreamEntry;
  /** What must stay in order. */
  readonly lane: string;
  /** What it really is; undefined: not known. */
  readonly fraud: boolean | undefined;
  /** The kind of fraud; empty: not told. */
  readonly fraudKind: string;
}

/** An event in between. */
export interface EventItem {
  readonly kind: 'event';
  readonly event: Event;
  readonly lane: string;
}

/** One thing to send. */
export type StreamItem = ScreenItem | EventItem;

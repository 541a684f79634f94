import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { StreamEntrySchema } from '../../gen/tollgate/v1/decision_service_pb.js';
import { EventKind, EventSchema, Label, type Event } from '../../gen/tollgate/v1/event_service_pb.js';
import { createMinHeap } from '../../simulate/min-heap.js';
import type { LaterKnown, MappedRow } from '../mapping/map-row.js';
import type { StreamItem } from './items.js';

interface Pending {
  /** When it becomes known, epoch ms. */
  readonly at: number;
  readonly row: MappedRow;
  readonly later: LaterKnown;
}

/**
 * Puts what became known later between the payments, at the moment it became known; what became known after the last
 * payment comes at the end. Only what is still to become known is kept.
 */
export async function* interleave<T>(
  rows: AsyncIterable<readonly MappedRow[]>,
  payment: (row: MappedRow) => T,
  later: (row: MappedRow, later: LaterKnown) => T,
): AsyncGenerator<readonly T[]> {
  const pending = createMinHeap<Pending>();
  for await (const part of rows) {
    const items: T[] = [];
    for (const row of part) {
      for (let due = pending.peek(); due !== undefined && due.at <= row.at; due = pending.peek()) {
        pending.pop();
        items.push(later(due.row, due.later));
      }
      items.push(payment(row));
      for (const known of row.later) pending.push({ at: known.knownAt, row, later: known });
    }
    yield items;
  }
  const rest: T[] = [];
  for (let due = pending.pop(); due !== undefined; due = pending.pop()) rest.push(later(due.row, due.later));
  if (rest.length > 0) yield rest;
}

/** The event that tells what became known later; it still lacks what it belongs to. */
function laterEvent(row: MappedRow, known: LaterKnown): Event {
  const event = create(EventSchema, {
    eventId: `${row.requestId}-${known.kind}`,
    site: row.payment.site,
    // A label is about the payment's own moment, only known later; an answer happens when it becomes known.
    eventTime: timestampFromMs(known.kind === 'label' ? row.at : known.knownAt),
    arrivalTime: timestampFromMs(known.knownAt),
  });
  if (known.kind === 'label') {
    event.kind = EventKind.LABEL;
    event.label = known.fraud ? Label.FRAUD : Label.GOOD;
  } else if (known.kind === 'declined') {
    event.kind = EventKind.DECLINED;
    event.code = known.code;
  } else {
    event.kind = EventKind.AUTHORISED;
  }
  return event;
}

function laneOf(row: MappedRow): string {
  const { instrument, customer } = row.payment;
  const card = instrument?.kind.case === 'card' ? instrument.kind.value.fingerprint : '';
  return card || customer?.id || row.requestId;
}

/** The payment as something to screen. */
export function screenItem(row: MappedRow): StreamItem {
  const screen = { requestId: row.requestId, payment: row.payment };
  return {
    kind: 'screen',
    entry: create(StreamEntrySchema, {
      entry: { case: 'screen', value: { $typeName: 'tollgate.v1.ScreenRequest', ...screen } },
    }),
    lane: laneOf(row),
    fraud: row.fraud,
    fraudKind: '',
  };
}

/** What became known of a payment that was screened here. */
export function screenedEventItem(row: MappedRow, known: LaterKnown): StreamItem {
  const event = laterEvent(row, known);
  event.requestId = row.requestId;
  return { kind: 'event', event, lane: laneOf(row) };
}

/** The payment as history: an event that carries it. */
export function historyPayment(row: MappedRow): Event {
  return create(EventSchema, {
    eventId: row.requestId,
    site: row.payment.site,
    kind: EventKind.PAYMENT,
    payment: row.payment,
    eventTime: timestampFromMs(row.at),
    arrivalTime: timestampFromMs(row.at),
  });
}

/** What became known of a payment that is history: an event that carries the payment too. */
export function historyEvent(row: MappedRow, known: LaterKnown): Event {
  const event = laterEvent(row, known);
  event.payment = row.payment;
  return event;
}

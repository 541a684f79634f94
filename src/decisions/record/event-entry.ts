import { ATTRIBUTE_INDEX, ATTRIBUTES, KEY_ATTRIBUTES, type Attribute } from '../../facts/attributes.js';
import type { StreamEvent } from '../../facts/stream.js';
import type { EventInput } from '../decisions.js';

const KEY_INDEXES = KEY_ATTRIBUTES.map((name) => ATTRIBUTE_INDEX[name]);
const CODE = ATTRIBUTE_INDEX.code;
const CLAIM = ATTRIBUTE_INDEX.claim;
const THREE_DS = ATTRIBUTE_INDEX.threeDs;
const LIABILITY = ATTRIBUTE_INDEX.liabilityShift;
const LABEL = ATTRIBUTE_INDEX.label;
const CHANNEL = ATTRIBUTE_INDEX.channel;

/** The distinct key attribute values that an event can be found by. */
export function keysOf(event: StreamEvent): number[] {
  const keys: number[] = [];
  for (const index of KEY_INDEXES) {
    const value = event.attributes[index] ?? 0;
    if (value !== 0 && !keys.includes(value)) keys.push(value);
  }
  return keys;
}

/** A reported event as an entry of the stream: it carries what its payment is known by, and what it says itself. */
export function reportedEvent(
  input: EventInput,
  payment: StreamEvent,
  place: { readonly log: number; readonly seq: number; readonly knownAt: number },
  base: { readonly minor: number; readonly baseMinor: number },
  hash: (attribute: Attribute, value: string) => number,
): StreamEvent {
  const attributes = payment.attributes.slice(0, ATTRIBUTES.length);
  const set = (index: number, name: Attribute, value: string): void => {
    if (value !== '') attributes[index] = hash(name, value);
  };
  set(CODE, 'code', input.code);
  set(CLAIM, 'claim', input.claim);
  set(THREE_DS, 'threeDs', input.threeDs);
  set(CHANNEL, 'channel', input.channel);
  set(LABEL, 'label', input.kind === 'chargeback' && input.fraud ? 'fraud' : input.label);
  // Some channels report captures only; one that says nothing does not deny what the authorisation said.
  const tells = input.kind === 'authorised' || input.kind === 'three-ds-result';
  if (input.liabilityShifted || tells)
    set(LIABILITY, 'liabilityShift', input.liabilityShifted ? 'yes' : 'no');
  return {
    log: place.log,
    seq: place.seq,
    kind: input.kind,
    at: input.eventTime,
    knownAt: place.knownAt,
    paymentAt: Math.min(payment.paymentAt, input.eventTime),
    minor: base.minor,
    baseMinor: base.baseMinor,
    attributes,
  };
}

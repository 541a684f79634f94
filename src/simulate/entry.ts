/** Every kind of fraud the simulator plays. */
export const FRAUD_KINDS = [
  'card-testing',
  'bin-attack',
  'stolen-card',
  'account-takeover',
  'friendly-fraud',
] as const;
export type FraudKind = (typeof FRAUD_KINDS)[number];

/** What a simulated payment really is. Never sent to the service. */
export interface Truth {
  readonly fraud: boolean;
  readonly kind: FraudKind | 'good';
}

/** A JSON object in the protobuf JSON mapping of a message: int64 as strings, times in RFC 3339, enums by name. */
export interface MessageJson {
  readonly [field: string]: FieldJson;
}
/** A field of it. */
export type FieldJson = string | number | boolean | MessageJson | readonly FieldJson[];

/** A payment, as JSON of tollgate.v1.Payment. */
export interface PaymentJson extends MessageJson {
  readonly site: string;
  readonly orderId: string;
  readonly amount: { readonly minor: string; readonly currency: string };
  readonly instrument: MessageJson;
  readonly eventTime: string;
}

/** An event, as JSON of tollgate.v1.Event. */
export interface EventJson extends MessageJson {
  readonly eventId: string;
  readonly site: string;
  readonly kind: string;
  readonly eventTime: string;
  readonly arrivalTime: string;
}

/** A payment to screen, as JSON of tollgate.v1.ScreenRequest, and what it really is. */
export interface ScreenEntry {
  /** When it is sent, epoch ms. */
  readonly at: number;
  readonly screen: { readonly requestId: string; readonly payment: PaymentJson };
  readonly truth: Truth;
}

/** Something that became known. */
export interface EventEntry {
  /** When it became known, epoch ms. */
  readonly at: number;
  readonly event: EventJson;
}

/** One thing of the simulated day. */
export type SimEntry = ScreenEntry | EventEntry;

/** RFC 3339 in UTC with milliseconds. */
export function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

import type { DescField } from '@bufbuild/protobuf';
import { TollgateError } from '../../errors/errors.js';
import {
  ListDecisionsRequestSchema,
  ScreenStreamRequestSchema,
} from '../../gen/tollgate/v1/decision_service_pb.js';
import { RecordEventsRequestSchema } from '../../gen/tollgate/v1/event_service_pb.js';
import {
  AddEntriesRequestSchema,
  ImportEntriesRequestSchema,
  RemoveEntriesRequestSchema,
} from '../../gen/tollgate/v1/list_service_pb.js';
import { CreateKeyRequestSchema } from '../../gen/tollgate/v1/key_service_pb.js';
import { PaymentSchema } from '../../gen/tollgate/v1/payment_pb.js';
import { WaiveEvidenceRequestSchema } from '../../gen/tollgate/v1/rule_service_pb.js';
import { SiteSchema } from '../../gen/tollgate/v1/site_service_pb.js';

/**
 * How much each list and map of a request holds at most. Decoders read no further: an element takes two bytes on the
 * wire and a hundred in memory. A request type with a list that is not named here has no decoder.
 */
const MOST: ReadonlyMap<DescField, number> = new Map<DescField, number>([
  [ScreenStreamRequestSchema.field.entries, 1_000],
  [RecordEventsRequestSchema.field.events, 1_000],
  [PaymentSchema.field.items, 200],
  [PaymentSchema.field.attributes, 32],
  [ListDecisionsRequestSchema.field.outcomes, 5],
  [AddEntriesRequestSchema.field.entries, 1_000],
  [RemoveEntriesRequestSchema.field.values, 1_000],
  [ImportEntriesRequestSchema.field.entries, 1_000],
  [SiteSchema.field.languages, 50],
  [WaiveEvidenceRequestSchema.field.waives, 2],
  [CreateKeyRequestSchema.field.roles, 5],
  [CreateKeyRequestSchema.field.sites, 100],
]);

/** Elements that a list or map of a request holds at most. Throws Error for one without a bound. */
export function mostOf(field: DescField): number {
  const most = MOST.get(field);
  if (most === undefined) throw new Error(`${field.toString()} has no bound, so no request may hold it`);
  return most;
}

/** What a list is answered that holds more than it may; `path` as in other violations. */
export function tooMany(path: string, most: number): TollgateError {
  const description = `more than ${most.toLocaleString('en-US')} in one message`;
  return new TollgateError('INVALID_REQUEST', `${path}: ${description}`, {
    violations: [{ field: path, description }],
  });
}

import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { ATTRIBUTE_VALUES } from '../../../../src/facts/attributes/vocabulary.js';
import {
  ClaimReason,
  EventSchema,
  Label,
  ThreeDsStatus,
} from '../../../../src/gen/tollgate/v1/event_service_pb.js';
import { toEventInput } from '../../../../src/server/grpc/convert/event.js';

function numbersOf(values: Readonly<Record<string, string | number>>): readonly number[] {
  return Object.values(values).filter((value): value is number => typeof value === 'number' && value !== 0);
}

it('reports say in the words that filters of rules know, and in no others', () => {
  const read = (fields: object) => toEventInput(create(EventSchema, fields), new Uint8Array());
  const claims = numbersOf(ClaimReason).map((claimReason) => read({ claimReason }).claim);
  const results = numbersOf(ThreeDsStatus).map((threeDsStatus) => read({ threeDsStatus }).threeDs);
  const labels = numbersOf(Label).map((label) => read({ label }).label);
  expect(claims).toEqual(ATTRIBUTE_VALUES.claim);
  expect(results).toEqual(ATTRIBUTE_VALUES.threeDs);
  expect(labels).toEqual(ATTRIBUTE_VALUES.label);
});

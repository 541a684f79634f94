import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import type { ScreenInput } from '../../../src/decisions/decisions.js';
import {
  LimitState,
  Outcome,
  ScreenRequestSchema,
  ThreeDsDemand,
} from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { fakeApplication } from '../support/fakes.js';
import { rawUnary } from '../support/raw.js';
import { sampleRecord } from '../support/records.js';
import { EVENT_MS, sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

test('a payment is decided over the wire and answered whole', async () => {
  const inputs: ScreenInput[] = [];
  const { decisions } = await start(
    fakeApplication({
      decisions: {
        screen: async (input) => {
          inputs.push(input);
          return { record: sampleRecord(), repeated: true };
        },
      },
    }),
  );

  const request = sampleRequest();
  const { decision, repeated } = await decisions.screen(request);

  expect(repeated).toBe(true);
  expect(decision).toMatchObject({
    id: sampleRecord().id,
    outcome: Outcome.REVIEW,
    threeDs: ThreeDsDemand.CHALLENGE,
    reasons: ['velocity.card', 'geo.mismatch'],
    binding: { site: 'shop-es', amount: { minor: 12_999n, currency: 'EUR' } },
    baseAmount: { minor: 14_071n, currency: 'USD' },
    sequence: 42n,
    eventTime: { seconds: 1_767_225_600n, nanos: 123_000_000 },
  });
  expect(decision?.hits).toHaveLength(2);
  expect(decision?.ruleSets).toHaveLength(3);
  expect(decision?.limits[0]).toMatchObject({
    capMinor: 50_000n,
    usedMinor: 12_000n,
    reserved: true,
    state: LimitState.HELD,
  });

  const [input] = inputs;
  expect(Buffer.from(input?.raw ?? [])).toEqual(Buffer.from(toBinary(ScreenRequestSchema, request)));
  expect(input?.payment).toMatchObject({
    minor: 12_999,
    eventTime: EVENT_MS,
    instrument: { type: 'card', bin: '411111', funding: 'credit' },
    items: [{ unitPriceMinor: 12_999 }],
  });
});

test('what was not understood of a payment is not handed on', async () => {
  const raws: Uint8Array[] = [];
  const { channel } = await start(
    fakeApplication({
      decisions: {
        screen: async ({ raw }) => {
          raws.push(raw);
          return { record: sampleRecord(), repeated: false };
        },
      },
    }),
  );
  const bytes = toBinary(ScreenRequestSchema, sampleRequest());
  const strange = new BinaryWriter().tag(999, WireType.LengthDelimited).string('4111111111111111').finish();
  await rawUnary(channel, '/tollgate.v1.DecisionService/Screen', Buffer.concat([bytes, strange]));
  expect(raws.map((raw) => Buffer.from(raw))).toEqual([Buffer.from(bytes)]);
});

import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors/errors.js';
import { ERRORS, TollgateError } from '../../../src/errors/errors.js';
import { ErrorInfoSchema, RetryInfoSchema } from '../../../src/gen/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../../src/gen/google/rpc/status_pb.js';
import { DecisionService } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import { CallFailed, createClient, openChannel } from '../../../src/server/grpc/bridge.js';
import { fromServiceError } from '../../../src/server/grpc/call-failed.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRequest } from '../support/requests.js';
import { rawUnary } from '../support/raw.js';
import { start } from '../support/start.js';

const SCREEN = '/tollgate.v1.DecisionService/Screen';

function failing(error: unknown) {
  return fakeApplication({
    decisions: {
      screen: async () => {
        throw error;
      },
    },
  });
}

/** The error of a call whatever it is. */
async function thrown(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => expect.fail('the call succeeded'),
    (error: unknown) => error,
  );
}

describe('errors of Tollgate', () => {
  const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => code !== 'INTERNAL');

  test.each(codes)('%s arrives with its status, reason and details', async (code) => {
    const error = new TollgateError(code, `something about ${code}`, {
      violations: [{ field: 'payment.site', description: 'is required' }],
      metadata: { which: 'this' },
      cause: new Error('the store said: password=secret'),
    });
    const { channel, decisions } = await start(failing(error));

    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({
      name: 'TollgateError',
      code,
      message: `something about ${code}`,
      violations: [{ field: 'payment.site', description: 'is required' }],
      metadata: { which: 'this' },
    });
    const raw = (await rawUnary(channel, SCREEN, sampleRequest()).catch((e: unknown) => e)) as ServiceError;
    expect(raw.code).toBe(status[ERRORS[code].status]);
    expect(JSON.stringify([raw.details, raw.metadata.toJSON()])).not.toContain('secret');
  });

  test.each(['OVERLOADED', 'STORE_UNAVAILABLE', 'SHUTTING_DOWN'] as const)(
    '%s says when to try again',
    async (code) => {
      const { channel } = await start(failing(new TollgateError(code, 'not now')));
      // Twice: the second answer is taken from what the first one was made of.
      for (let attempt = 0; attempt < 2; attempt++) {
        const raw = (await rawUnary(channel, SCREEN, sampleRequest()).catch(
          (e: unknown) => e,
        )) as ServiceError;
        const rpc = fromBinary(StatusSchema, raw.metadata.get('grpc-status-details-bin')[0] as Buffer);
        const infos = rpc.details
          .map((detail) => anyUnpack(detail, ErrorInfoSchema))
          .filter((info) => info !== undefined);
        const retries = rpc.details
          .map((detail) => anyUnpack(detail, RetryInfoSchema))
          .filter((info) => info !== undefined);
        expect(rpc.code).toBe(raw.code);
        expect(infos).toMatchObject([{ reason: code, domain: 'tollgate' }]);
        expect(retries).toHaveLength(1);
        const delay = retries[0]?.retryDelay;
        expect(Number(delay?.seconds) * 1000 + Number(delay?.nanos) / 1e6).toBeGreaterThan(0);
      }
    },
  );

  test('the same refusal of another message is not confused with it', async () => {
    let message = 'one';
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          screen: async () => {
            throw new TollgateError('OVERLOADED', message);
          },
        },
      }),
    );
    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({ message: 'one' });
    message = 'two';
    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({ message: 'two' });
  });
});

describe('everything else', () => {
  const mongoLike = Object.assign(new Error('E11000 duplicate key: { email: "a@b.c" }'), {
    code: 11000,
    details: 'x',
  });

  test.each([
    ['an error with a number as code', mongoLike],
    ['an error with a gRPC status as code', Object.assign(new Error('leak'), { code: 5, details: 'leak' })],
    ['a string', 'leak'],
    ['nothing', undefined],
    ['a bug that names itself INTERNAL', new TollgateError('INTERNAL', 'leak of a message')],
  ])('%s becomes INTERNAL under a reference that is logged', async (_, error) => {
    const { channel, decisions, unexpected, answered } = await start(failing(error));
    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({
      code: 'INTERNAL',
      message: 'internal error, reference ref-1',
      metadata: { reference: 'ref-1' },
    });
    expect(unexpected).toEqual([{ error, reference: 'ref-1' }]);
    expect(answered).toEqual(['INTERNAL']);
    const raw = (await rawUnary(channel, SCREEN, sampleRequest()).catch((e: unknown) => e)) as ServiceError;
    expect(raw.code).toBe(status.INTERNAL);
    expect(JSON.stringify([raw.details, raw.metadata.toJSON(), raw.message])).not.toMatch(/leak|E11000/);
  });

  test('a handler that throws at once is answered like one that rejects', async () => {
    const { decisions } = await start(
      fakeApplication({
        decisions: {
          get() {
            throw new TollgateError('DECISION_NOT_FOUND', 'no such decision');
          },
        },
      }),
    );
    const error = await thrown(decisions.getDecision({ id: '0123456789abcdefghjkmnpqrs' }));
    expect(error).toMatchObject({ code: 'DECISION_NOT_FOUND' });
  });

  test('an answer that cannot be encoded is a bug, not a broken wire', async () => {
    const { decisions, unexpected } = await start(
      fakeApplication({
        decisions: { screen: async () => ({ record: { hits: 5 } as never, repeated: false }) },
      }),
    );
    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({ code: 'INTERNAL' });
    expect(unexpected).toHaveLength(1);
  });

  test('a message with half a surrogate pair can be sent', async () => {
    const { decisions } = await start(
      failing(new TollgateError('RULE_SET_INVALID', 'rule "\ud800" is wrong')),
    );
    expect(await thrown(decisions.screen(sampleRequest()))).toMatchObject({
      message: 'rule "\ufffd" is wrong',
    });
  });

  test('more violations than trailers can carry are cut, and counted', async () => {
    const violations = Array.from({ length: 500 }, (_, index) => ({
      field: `payment.items[${index}].name`,
      description: 'longer than 256 characters',
    }));
    const { decisions } = await start(
      failing(new TollgateError('INVALID_REQUEST', 'x'.repeat(5000), { violations })),
    );
    const error = (await thrown(decisions.screen(sampleRequest()))) as TollgateError;
    const kept = error.violations.length;
    expect(error.violations).toEqual(violations.slice(0, kept));
    expect(kept).toBeGreaterThan(30);
    expect(error.metadata).toEqual({ violations_total: '500' });
    expect(error.message.length).toBeLessThan(600);
  });
});

describe('the wire', () => {
  test('bytes that are no message are INVALID_ARGUMENT', async () => {
    const { channel } = await start(fakeApplication());
    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff]),
      Buffer.from([0x0a, 0x05, 0x61]),
      Buffer.from([0x0a, 1, 0xff]),
    ]) {
      const error = (await rawUnary(channel, SCREEN, bytes).catch((e: unknown) => e)) as ServiceError;
      expect(error.code).toBe(status.INVALID_ARGUMENT);
      expect(error.details).toBe('the bytes are not a tollgate.v1.ScreenRequest message');
    }
  });

  test('an unknown method and an unknown service are UNIMPLEMENTED', async () => {
    const { channel } = await start(fakeApplication());
    for (const path of ['/tollgate.v1.DecisionService/Nothing', '/tollgate.v1.Nothing/Screen']) {
      const error = (await rawUnary(channel, path, sampleRequest()).catch((e: unknown) => e)) as ServiceError;
      expect(error.code).toBe(status.UNIMPLEMENTED);
    }
  });

  test('a message of more than 4 MiB is an invalid request, in a stream too, and the connection lives on', async () => {
    const { channel, decisions } = await start(fakeApplication());
    const tooLarge = { code: 'INVALID_REQUEST', message: 'the message is larger than 4 MiB' };
    const error = (await rawUnary(channel, SCREEN, Buffer.alloc(4 * 1024 * 1024 + 1)).catch(
      (e: unknown) => e,
    )) as ServiceError;
    expect(fromServiceError(error)).toMatchObject(tooLarge);
    const requestId = 'x'.repeat(4 * 1024 * 1024);
    async function* messages() {
      yield { entries: [{ entry: { case: 'screen' as const, value: { requestId } } }] };
    }
    const streamed = (async () => {
      for await (const answer of decisions.screenStream(messages())) void answer;
    })();
    await expect(streamed).rejects.toMatchObject(tooLarge);
    await expect(decisions.screen(sampleRequest())).resolves.toMatchObject({ repeated: false });
  });

  test('a message above the limit of the transport is RESOURCE_EXHAUSTED and the connection lives on', async () => {
    const { channel, decisions } = await start(fakeApplication(), { maxReceiveBytes: 10_000 });
    const error = (await rawUnary(channel, SCREEN, Buffer.alloc(10_001)).catch(
      (e: unknown) => e,
    )) as ServiceError;
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    await expect(decisions.screen(sampleRequest())).resolves.toMatchObject({ repeated: false });
  });

  test('nobody there is CallFailed UNAVAILABLE, within the deadline', async () => {
    const { server } = await start(fakeApplication());
    await server.close(0);
    const channel = openChannel(server.address);
    const client = createClient(DecisionService, channel, { deadlineMs: 5000, now: Date.now });
    const error = await thrown(client.screen(sampleRequest()));
    channel.close();
    expect(error).toBeInstanceOf(CallFailed);
    expect(error).toMatchObject({ status: 'UNAVAILABLE' });
  });
});

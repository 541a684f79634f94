import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { describe, expect, test } from 'vitest';
import { ANYBODY } from '../../../src/identity/callers.js';
import { startGrpcServer } from '../../../src/server/grpc/server.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';
import { ownTime } from '../../support/own-time.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRecord } from '../support/records.js';
import { sampleRequest } from '../support/requests.js';
import type { Running } from '../support/start.js';
import { start } from '../support/start.js';

const run = promisify(execFile);

interface HealthMethod {
  readonly path: string;
  readonly requestSerialize: (value: object) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => { readonly status: string };
}
const { Check, Watch } = healthService as unknown as Record<'Check' | 'Watch', HealthMethod>;

function check({ channel }: Running, service: string): Promise<string> {
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest(
      Check.path,
      Check.requestSerialize,
      Check.responseDeserialize,
      { service },
      (error, answer) => {
        if (error !== null) reject(error);
        else resolve(answer?.status ?? '');
      },
    );
  });
}

function watch({ channel }: Running): {
  readonly seen: string[];
  readonly call: ClientReadableStream<unknown>;
} {
  const seen: string[] = [];
  const call = channel.makeServerStreamRequest(
    Watch.path,
    Watch.requestSerialize,
    Watch.responseDeserialize,
    { service: '' },
  );
  call.on('data', ({ status }: { status: string }) => seen.push(status));
  call.on('error', () => seen.push('ended'));
  return { seen, call };
}

describe('health', () => {
  test('follows the setter, for the server and for each service', async () => {
    const running = await start(fakeApplication());
    const names = ['', 'tollgate.v1.DecisionService', 'tollgate.v1.ListService'];
    for (const name of names) expect(await check(running, name)).toBe('SERVING');
    running.server.setServing(false);
    for (const name of names) expect(await check(running, name)).toBe('NOT_SERVING');
    await expect(check(running, 'tollgate.v1.Nothing')).rejects.toMatchObject({ code: 5 });
  });

  test('an open watch hears of changes only', async () => {
    const running = await start(fakeApplication());
    const { seen, call } = watch(running);
    await expect.poll(() => seen).toEqual(['SERVING']);
    for (const serving of [true, true, false, false, true]) running.server.setServing(serving);
    await expect.poll(() => seen).toHaveLength(3);
    await check(running, '');
    expect(seen).toEqual(['SERVING', 'NOT_SERVING', 'SERVING']);
    call.cancel();
  });

  test('an open watch hears of the shutdown and does not hold it up', async () => {
    const running = await start(fakeApplication());
    const { seen } = watch(running);
    await expect.poll(() => seen).toEqual(['SERVING']);
    const before = ownTime();
    await running.server.close(200);
    expect(ownTime() - before).toBeLessThan(2000);
    await expect.poll(() => seen).toEqual(['SERVING', 'NOT_SERVING', 'ended']);
    running.server.setServing(true);
    await expect(check(running, '')).rejects.toMatchObject({ code: 14 });
  });
});

describe('closing', () => {
  test('lets calls under way end', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let began = false;
    const { server, decisions } = await start(
      fakeApplication({
        decisions: {
          screen: async () => {
            began = true;
            await held;
            return { record: sampleRecord(), repeated: false };
          },
        },
      }),
    );
    const answer = decisions.screen(sampleRequest());
    await expect.poll(() => began).toBe(true);
    const closed = server.close(5000);
    release();
    await expect(answer).resolves.toMatchObject({ repeated: false });
    await closed;
  });

  test('cuts off what lasts longer than the grace, and frees the port', async () => {
    let began = false;
    const never = (): Promise<never> => {
      began = true;
      return new Promise(() => undefined);
    };
    const { server, decisions } = await start(fakeApplication({ decisions: { screen: never } }));
    const answer = decisions.screen(sampleRequest()).catch((error: unknown) => error);
    await expect.poll(() => began).toBe(true);
    await server.close(20);
    expect(await answer).toBeInstanceOf(Error);
    await expect(
      new Promise((_, reject) => connect(server.port, '127.0.0.1').once('error', reject)),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('twice is once', async () => {
    const { server } = await start(fakeApplication());
    await Promise.all([server.close(50), server.close(50)]);
  });
});

test('an address that is taken is said in one line', async () => {
  const { server } = await start(fakeApplication());
  const error = await startGrpcServer({
    listen: { host: '127.0.0.1', port: server.port },
    services: [],
    callers: ANYBODY,
    timers: REAL_WORLD.timers,
  }).catch((reason: unknown) => reason);
  expect((error as Error).message).toBe(`cannot listen on ${server.address}: another process listens there`);
});

describe('reflection', () => {
  const buf = (...args: string[]) =>
    run('node_modules/.bin/buf', ['curl', '--http2-prior-knowledge', '--protocol', 'grpc', ...args]);

  test('buf curl decides a payment, knowing nothing but the address', async () => {
    const { server } = await start(fakeApplication());
    const request = {
      requestId: 'by-hand',
      payment: {
        site: 'shop-es',
        amount: { minor: 1000, currency: 'EUR' },
        instrument: { card: { token: 't' } },
      },
    };
    const { stdout } = await buf(
      '-d',
      JSON.stringify(request),
      `http://${server.address}/tollgate.v1.DecisionService/Screen`,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      decision: { requestId: 'by-hand', outcome: 'OUTCOME_REVIEW', eventTime: '2026-01-01T00:00:00.123Z' },
    });
  });

  test('buf curl shows why an entry of a stream was refused', async () => {
    const { server } = await start(fakeApplication());
    const { stdout } = await buf(
      '-d',
      '{"entries": [{"screen": {"requestId": "x"}}]}',
      `http://${server.address}/tollgate.v1.DecisionService/ScreenStream`,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      results: [
        {
          error: {
            code: 3,
            details: [
              { reason: 'INVALID_REQUEST', domain: 'tollgate' },
              { fieldViolations: [{ field: 'payment', description: 'is required' }] },
            ],
          },
        },
      ],
    });
  });

  test('buf curl asks for health', async () => {
    const { server } = await start(fakeApplication());
    const check = async (service: string): Promise<string> =>
      (await buf('-d', JSON.stringify({ service }), `http://${server.address}/grpc.health.v1.Health/Check`))
        .stdout;
    expect(JSON.parse(await check('tollgate.v1.ListService'))).toEqual({ status: 'SERVING' });
    server.setServing(false);
    expect(JSON.parse(await check(''))).toEqual({ status: 'NOT_SERVING' });
  });

  test('buf curl lists what is served and shows violations', async () => {
    const { server } = await start(fakeApplication());
    const { stdout } = await buf('--list-methods', `http://${server.address}`);
    for (const method of [
      'DecisionService/ScreenStream',
      'EventService/RecordEvents',
      'RuleService/RollBack',
      'ListService/ImportEntries',
      'SiteService/PutSite',
    ]) {
      expect(stdout).toContain(`tollgate.v1.${method}`);
    }
    expect(stdout).toContain('grpc.health.v1.Health/Watch');
    const failed = await buf(
      '-d',
      '{"requestId":"x"}',
      `http://${server.address}/tollgate.v1.DecisionService/Screen`,
    ).catch((error: unknown) => error as { readonly stderr: string });
    expect(failed.stderr).toContain('invalid_argument');
    expect(failed.stderr).toContain('payment: is required');
  });
});

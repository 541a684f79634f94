import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, onTestFinished, test } from 'vitest';
import type { LoadOptions } from '../../bench/loader/loader.js';
import { runLoad } from '../../bench/loader/loader.js';
import { readRequests, writeRequests } from '../../bench/loader/request-file.js';
import { encodedBatches, encodedRequests } from '../../bench/loader/sample-requests.js';
import type { Decisions } from '../../src/decisions/decisions.js';
import { TollgateError } from '../../src/errors/errors.js';
import { ScreenRequestSchema } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { fakeApplication } from '../server/support/fakes.js';
import { sampleRecord } from '../server/support/records.js';
import { start } from '../server/support/start.js';
import { ownTime } from '../support/own-time.js';

const SCREEN = '/tollgate.v1.DecisionService/Screen';
const STREAM = '/tollgate.v1.DecisionService/ScreenStream';

function requestFile(messages: Iterable<Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-loader-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'requests.bin');
  writeRequests(file, messages);
  return file;
}

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function loaded(screen: Decisions['screen'], options: Partial<LoadOptions> & { file: string }) {
  const { server } = await start(fakeApplication({ decisions: { screen } }));
  return runLoad({ address: server.address, path: SCREEN, warmupMs: 0, durationMs: 60_000, ...options });
}

test('every message of the file is sent once, in order, and counted', async () => {
  const ids: string[] = [];
  const file = requestFile(encodedRequests({ count: 500, seed: 1 }));
  const result = await loaded(
    async ({ requestId }) => {
      ids.push(requestId);
      return { record: sampleRecord(), repeated: false };
    },
    { file },
  );
  expect(ids).toEqual(Array.from({ length: 500 }, (_, index) => `load-${index}`));
  expect(result).toMatchObject({ sent: 500, first: 0, exhausted: true, refused: 0, other: {} });
  expect(result.ok + result.okOutside).toBe(500);
  expect(result.latencyUs.p50).toBeGreaterThan(0);
});

test('refusals and other errors are counted apart from answers', async () => {
  let calls = 0;
  const file = requestFile(encodedRequests({ count: 300, seed: 1 }));
  const result = await loaded(
    async () => {
      calls += 1;
      if (calls % 3 === 0) throw new TollgateError('OVERLOADED', 'busy');
      if (calls % 3 === 1) throw new TollgateError('STORE_UNAVAILABLE', 'away');
      return { record: sampleRecord(), repeated: false };
    },
    // One after the other, so that none falls before counting has begun or after it has ended unseen.
    { file, inFlight: 1, first: 150, maxCalls: 120 },
  );
  expect(result.sent).toBe(120);
  expect(result.ok + result.okOutside).toBe(40);
  expect(result.refused).toBeGreaterThan(30);
  expect(Object.keys(result.other)).toEqual(['14']);
});

test('an open loop keeps its rate and no more', async () => {
  const began = performance.now();
  const ownBegan = ownTime();
  const file = requestFile(encodedRequests({ count: 2000, seed: 1 }));
  const result = await loaded(async () => ({ record: sampleRecord(), repeated: false }), {
    file,
    mode: 'open',
    rate: 400,
    maxCalls: 201,
    durationMs: 60_000,
  });
  // The last of them was due after half a second.
  expect(performance.now() - began).toBeGreaterThanOrEqual(500);
  expect(ownTime() - ownBegan).toBeLessThan(2_000);
  expect(result).toMatchObject({ sent: 201, other: {} });
  expect(result.ok + result.okOutside).toBe(201);
  expect(result.dueLatencyUs?.count).toBe(result.ok);
});

test('a call that became due in the turn that found nothing more to send is sent like the others', async () => {
  const ownBegan = ownTime();
  const file = requestFile(encodedRequests({ count: 5, seed: 1 }));
  let calls = 0;
  const result = await loaded(
    async () => {
      calls += 1;
      // The first is long answered when the loop stands still until the second and the third are due.
      if (calls === 1) setTimeout(standStill, 25, 150);
      return { record: sampleRecord(), repeated: false };
    },
    { file, mode: 'open', rate: 20, maxCalls: 3 },
  );
  expect(result).toMatchObject({ sent: 3, other: {} });
  expect(ownTime() - ownBegan).toBeLessThan(2_000);
});

test('the bulk call is loaded with batches larger than a window, entry by entry counted', async () => {
  let calls = 0;
  const file = requestFile(encodedBatches({ count: 2000, seed: 1 }, 250));
  const result = await loaded(
    async () => {
      calls += 1;
      if (calls % 4 === 0) throw new TollgateError('OVERLOADED', 'busy');
      return { record: sampleRecord(), repeated: false };
    },
    { file, path: STREAM, mode: 'stream', streams: 2 },
  );
  expect(calls).toBe(2000);
  expect(result.sent).toBe(8);
  expect(result.broken).toBeUndefined();
  expect(result.ok + result.okOutside).toBe(1500);
});

test('requests come in the promised size, each another', () => {
  const messages = [...encodedRequests({ count: 1000, seed: 7 })];
  for (const { length } of messages) {
    expect(length).toBeGreaterThanOrEqual(300);
    expect(length).toBeLessThanOrEqual(600);
  }
  expect(new Set(messages.map((bytes) => Buffer.from(bytes).toString('latin1'))).size).toBe(1000);
});

test('a file that was cut off is refused', () => {
  const message = toBinary(ScreenRequestSchema, create(ScreenRequestSchema, { requestId: 'r-1' }));
  const file = requestFile([message, message]);
  expect(readRequests(file).count).toBe(2);
  truncateSync(file, statSync(file).size - 1);
  expect(() => readRequests(file)).toThrow('ends in the middle of a message');
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { lasting } from '../../../src/identity/authenticate.js';
import type { Callers } from '../../../src/identity/callers.js';
import { DEVELOPMENT } from '../../../src/identity/identity.js';
import { KeyService } from '../../../src/gen/tollgate/v1/key_service_pb.js';
import { ListService } from '../../../src/gen/tollgate/v1/list_service_pb.js';
import { createClient, type CallOptions } from '../../../src/server/grpc/client.js';
import { peerGroup } from '../../../src/server/shown.js';
import { fakeApplication } from '../support/fakes.js';
import { sampleRequest } from '../support/requests.js';
import { start } from '../support/start.js';

/** Everybody is known from when the test lets them in; until then they wait. */
function heldCallers() {
  const waiting: (() => void)[] = [];
  const refused: string[] = [];
  let known = false;
  let asked = 0;
  const sessionOf = () => {
    asked += 1;
    return known ? lasting(DEVELOPMENT) : 'unknown';
  };
  const callers: Callers = {
    sessionOf,
    again: (_shown, _why, told) => void waiting.push(() => told(sessionOf())),
    refused: (_why, peer, answer) => {
      refused.push(peer);
      answer();
    },
  };
  return {
    callers,
    refused,
    waiting: () => waiting.length,
    asked: () => asked,
    letIn: () => void (known = true),
    decide: () => waiting.splice(0).forEach((told) => told()),
  };
}

const LOCAL = peerGroup('127.0.0.1');
const KINDS = ['unary', 'client-streaming', 'server-streaming', 'bidi'] as const;

/** A server whose callers wait, and a call of each kind, which says in short what was answered. */
async function held() {
  const holding = heldCallers();
  const begun: string[] = [];
  const lists = {
    import: async (_wanted: unknown, batches: AsyncIterable<readonly unknown[]>) => {
      begun.push('import');
      let added = 0;
      for await (const batch of batches) added += batch.length;
      return { added, removed: 0, unchanged: 0, invalid: 0, problems: [], revision: 1 } as never;
    },
    async *export() {
      begun.push('export');
      yield* [[], [], []];
    },
  };
  const { server, channel, decisions } = await start(fakeApplication({ lists }), {
    callers: holding.callers,
  });
  const [listClient, keyClient] = [createClient(ListService, channel), createClient(KeyService, channel)];
  const entries = [{ value: 'a@b.example', actor: 'ana', reason: 'r' }];
  const calls = {
    unary: async (options: CallOptions) => (await keyClient.whoAmI({}, options)).name,
    async 'client-streaming'(options: CallOptions) {
      const messages = [1, 2, 3].map(() => ({ list: 'l', actor: 'ana', entries }));
      return String((await listClient.importEntries(each(messages), options)).added);
    },
    'server-streaming': (options: CallOptions) =>
      counted(listClient.exportEntries({ list: 'l' }, options), () => 1),
    bidi: (options: CallOptions) => {
      const value = sampleRequest();
      const message = { entries: [{ entry: { case: 'screen' as const, value } }] };
      return counted(
        decisions.screenStream(each([message, message]), options),
        (answer) => answer.results.length,
      );
    },
  };
  return { ...holding, server, calls, begun };
}

async function* each<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}

async function counted<T>(answers: AsyncIterable<T>, count: (answer: T) => number): Promise<string> {
  let sum = 0;
  for await (const answer of answers) sum += count(answer);
  return String(sum);
}

describe('a call whose caller is looked for', () => {
  test.each([
    ['unary', 'development'],
    ['client-streaming', '3'],
    ['server-streaming', '3'],
    ['bidi', '2'],
  ] as const)('%s, goes on as any other once it is let in', async (kind, expected) => {
    const { calls, waiting, begun, letIn, decide, refused } = await held();
    const answer = calls[kind]({});
    await expect.poll(waiting).toBe(1);
    expect(begun).toEqual([]);
    letIn();
    decide();
    expect(await answer).toBe(expected);
    expect(refused).toEqual([]);
  });

  test.each(KINDS)('%s, is refused and counted where nobody knows it then', async (kind) => {
    const { calls, waiting, begun, decide, refused } = await held();
    const answer = calls[kind]({}).catch((error: unknown) => error);
    await expect.poll(waiting).toBe(1);
    expect(refused).toEqual([]);
    decide();
    expect(await answer).toMatchObject({ code: 'NOT_AUTHENTICATED' });
    expect([begun, refused]).toEqual([[], [LOCAL]]);
  });

  test.each(KINDS)('%s, does not begin when it was called off meanwhile', async (kind) => {
    const { server, calls, waiting, asked, begun, letIn, decide } = await held();
    const off = new AbortController();
    const answer = calls[kind]({ signal: off.signal }).catch(() => 'called off');
    await expect.poll(waiting).toBe(1);
    off.abort();
    expect(await answer).toBe('called off');
    letIn();
    // What is sent later on a connection comes later: by then the server knows.
    await calls.unary({});
    const before = asked();
    decide();
    await calls.unary({});
    // Once again for this call, and twice for the other: at the gate and by its handler.
    expect([begun, asked() - before]).toEqual([[], 3]);
    await server.close(60_000);
  });

  test('of reflection goes on too', async () => {
    const { server, waiting, letIn, decide } = await held();
    const flags = ['--http2-prior-knowledge', '--protocol', 'grpc', '--list-services'];
    const buf = promisify(execFile)('node_modules/.bin/buf', ['curl', ...flags, `http://${server.address}`]);
    await expect.poll(waiting).toBe(1);
    letIn();
    decide();
    expect((await buf).stdout).toContain('tollgate.v1.KeyService');
  });

  test('is counted where it came from though it was called off', async () => {
    const { calls, waiting, decide, refused } = await held();
    const off = new AbortController();
    const answer = calls.unary({ signal: off.signal }).catch(() => 'called off');
    await expect.poll(waiting).toBe(1);
    off.abort();
    expect(await answer).toBe('called off');
    const other = calls.unary({}).catch(() => 'refused');
    await expect.poll(waiting).toBe(2);
    decide();
    expect([await other, refused]).toEqual(['refused', [LOCAL, LOCAL]]);
  });
});

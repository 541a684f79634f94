import { execFile } from 'node:child_process';
import { connect, type ClientHttp2Stream } from 'node:http2';
import { once as event } from 'node:events';
import { promisify } from 'node:util';
import type { DescMethod } from '@bufbuild/protobuf';
import { create, toBinary } from '@bufbuild/protobuf';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forbidden } from '../../src/identity/permission.js';
import { ROLES } from '../../src/identity/roles.js';
import { Health } from '../../src/gen/grpc/health/v1/health_pb.js';
import { DecisionService } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import { RuleService } from '../../src/gen/tollgate/v1/rule_service_pb.js';
import { createClient } from '../../src/server/grpc/client.js';
import { fromServiceError } from '../../src/server/grpc/call-failed.js';
import { accessOf } from '../../src/server/grpc/access.js';
import { bindAll, SERVICES } from '../../src/server/grpc/services/all.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';
import { fakeApplication } from '../server/support/fakes.js';
import { clientsWith, makeKeys, startAsking, type Clients } from './callers.js';
import {
  anyCase,
  failure,
  once,
  payment,
  rule,
  ruleSet,
  sqlitePlace,
  until,
  velocity,
  type Instance,
  type Place,
} from './harness.js';

const REPORTER = { reference: () => '', unexpected: () => undefined };
const METHODS = bindAll(fakeApplication(), REPORTER).flatMap(({ desc }) => desc.methods);
const SAID: readonly DescMethod[] = SERVICES.flatMap(({ methods }) => [...methods]);
const named = METHODS.map((method) => [`${method.parent.name}.${method.name}`, method] as const);

const CALLERS = {
  author: { roles: ['author'] },
  approver: { roles: ['approver'] },
  operator: { roles: ['operator'] },
  viewer: { roles: ['viewer'] },
  site: { roles: ['site'], sites: ['shop'] },
  bound: { roles: ['author', 'approver', 'operator', 'viewer'], sites: ['shop'] },
} as const;

let place: Place;
let tollgate: Instance;
let keys: Readonly<Record<keyof typeof CALLERS, string>>;
const opened: Clients[] = [];
const as = (key?: string): Clients => {
  const clients = clientsWith(tollgate, key);
  opened.push(clients);
  return clients;
};
let channel: Clients['channel'];
/** How far the service's clock is ahead, ms. */
let later = 0;
/** Lets a minute pass, after which failed attempts are forgotten: the next few are answered at once. */
const quiet = (): void => void (later += 60_000);

beforeAll(async () => {
  place = sqlitePlace();
  keys = await makeKeys(place, CALLERS);
  tollgate = await startAsking(
    place,
    {},
    {
      ...OWN_TIME_WORLD,
      clock: { ...OWN_TIME_WORLD.clock, now: () => Date.now() + later },
    },
  );
  ({ channel } = as());
});
afterAll(async () => {
  for (const { channel } of opened) channel.close();
  await place.remove();
});

/** What a call that shows this and says nothing else is answered: the code of an error, or `let in`. */
function answerTo(method: DescMethod, authorization: readonly string[]): Promise<string> {
  const path = `/${method.parent.typeName}/${method.name}`;
  const metadata = new Metadata();
  for (const text of authorization) metadata.add('authorization', text);
  const same = (bytes: Buffer): Buffer => bytes;
  const nothing = Buffer.from(toBinary(method.input, create(method.input)));
  return new Promise((resolve) => {
    const done = (error: ServiceError | null): void => {
      const known = error === null ? undefined : fromServiceError(error);
      const code = known !== undefined && 'code' in known ? known.code : known?.status;
      const refused =
        code === 'NOT_AUTHENTICATED' || code === 'ROLE_REQUIRED' || code === 'SITE_NOT_PERMITTED';
      resolve(refused ? code : 'let in');
    };
    const deadline = { deadline: Date.now() + 20_000 };
    switch (method.methodKind) {
      case 'unary':
        channel.makeUnaryRequest<Buffer, Buffer>(path, same, same, nothing, metadata, deadline, done);
        break;
      case 'client_streaming':
        channel.makeClientStreamRequest<Buffer, Buffer>(path, same, same, metadata, deadline, done).end();
        break;
      default: {
        const call =
          method.methodKind === 'server_streaming'
            ? channel.makeServerStreamRequest<Buffer, Buffer>(path, same, same, nothing, metadata, deadline)
            : channel.makeBidiStreamRequest<Buffer, Buffer>(path, same, same, metadata, deadline);
        call.on('data', () => undefined);
        call.on('error', done);
        call.on('end', () => undefined);
        call.on('status', ({ code }: { readonly code: number }) => {
          if (code === 0) done(null);
        });
        if (method.methodKind === 'bidi_streaming') (call as { end(): void } & typeof call).end();
      }
    }
  });
}

describe('every call of every service', () => {
  it('says who may call it', () => {
    expect(named.filter(([, method]) => accessOf(method).roles.length === 0).map(([name]) => name)).toEqual(
      [],
    );
    expect(new Set(SAID)).toEqual(new Set(METHODS));
  });

  it.each(named)('%s lets in whoever it says, and nobody else', async (_, method) => {
    quiet();
    const { roles, allSites } = accessOf(method);
    const expected = Object.fromEntries([
      ...ROLES.map((role) => [
        role,
        roles.includes(role)
          ? allSites && role === 'site'
            ? 'SITE_NOT_PERMITTED'
            : 'let in'
          : 'ROLE_REQUIRED',
      ]),
      ['bound', bound(roles, allSites)],
      ['nothing', 'NOT_AUTHENTICATED'],
    ]);
    const answers = await Promise.all(
      Object.keys(expected).map(async (name) => {
        const key = keys[name as keyof typeof keys] as string | undefined;
        return [name, await answerTo(method, key === undefined ? [] : [`Bearer ${key}`])];
      }),
    );
    expect(Object.fromEntries(answers)).toEqual(expected);
  });
});

/** What somebody with every role but site is answered who is bound to a site. */
function bound(roles: readonly string[], allSites: boolean): string {
  if (!roles.some((role) => role !== 'site')) return 'ROLE_REQUIRED';
  return allSites ? 'SITE_NOT_PERMITTED' : 'let in';
}

it('a call that does not say who may call it is refused to everybody', () => {
  const identity = {
    name: 'x',
    kind: 'key',
    keyId: 'k',
    roles: ROLES,
    sites: 'all',
    expiresAt: undefined,
  } as const;
  expect(forbidden(identity, { what: 'a call', roles: [], allSites: false })).toMatchObject({
    code: 'ROLE_REQUIRED',
    message: 'a call needs a role that nobody has; x has author, approver, operator, viewer, site',
  });
});

describe('who is not known', () => {
  beforeEach(quiet);

  it('is told one and the same, whatever is wrong', async () => {
    const operator = as(keys.operator);
    const { key, secret } = await operator.keys.createKey({ name: 'gone', roles: [2] });
    await operator.keys.revokeKey({ id: key?.id ?? '' });
    const wrong = `${keys.viewer.slice(0, -1)}${keys.viewer.endsWith('A') ? 'E' : 'A'}`;
    const shown = [
      undefined,
      'tollgate',
      wrong,
      keys.viewer.replace(/_./, (two) => (two === '_x' ? '_y' : '_x')),
      secret,
    ];
    const answers = await Promise.all(
      shown.map((key) =>
        as(key)
          .keys.whoAmI({})
          .catch((error: unknown) => String(error)),
      ),
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toBe(
      'TollgateError: the call shows no key or certificate that is in force: unknown, wrong, revoked or expired',
    );
  });

  it.each([
    ['another scheme', (key: string) => [`Basic ${key}`]],
    ['no scheme', (key: string) => [key]],
  ])('is who shows a key with %s', async (_, headers) => {
    expect(await answerTo(DecisionService.method.listDecisions, headers(keys.viewer))).toBe(
      'NOT_AUTHENTICATED',
    );
  });

  it('is refused before what was sent is decoded', async () => {
    const junk = Buffer.alloc(100, 255);
    const send = (key: string): Promise<string> =>
      new Promise((resolve) => {
        const metadata = new Metadata();
        metadata.set('authorization', `Bearer ${key}`);
        const same = (bytes: Buffer): Buffer => bytes;
        const path = '/tollgate.v1.RuleService/ActivateVersion';
        channel.makeUnaryRequest<Buffer, Buffer>(path, same, same, junk, metadata, (error) => {
          resolve(error === null ? '' : String((fromServiceError(error) as { readonly code?: string }).code));
        });
      });
    expect(await Promise.all([send(keys.operator), send(keys.viewer), send('x')])).toEqual([
      'INVALID_REQUEST',
      'ROLE_REQUIRED',
      'NOT_AUTHENTICATED',
    ]);
  });

  it('is refused before what they send has come', async () => {
    const session = connect(`http://${tollgate.service.grpcAddress}`);
    const begin = (path: string): ClientHttp2Stream => {
      const type = { 'content-type': 'application/grpc', te: 'trailers' };
      const stream = session.request({ ':method': 'POST', ':path': path, ...type });
      const part = Buffer.alloc(64 * 1024);
      part.writeUInt32BE(15 * 1024 * 1024, 1);
      stream.write(part);
      return stream;
    };
    const answer = async (path: string): Promise<unknown> => {
      const [headers] = (await event(begin(path), 'response')) as [Record<string, string>];
      return headers['grpc-status'];
    };
    expect(await answer('/tollgate.v1.DecisionService/Screen')).toBe('16');
    expect(await answer('/grpc.health.v1.Health/Check')).toBe('8');
    session.destroy();
  });

  it('still learns whether Tollgate is well, over gRPC and HTTP, and no more', async () => {
    const { httpAddress } = tollgate.service;
    const get = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`http://${httpAddress}${path}`, { headers })).status;
    expect([await get('/healthz'), await get('/readyz'), await get('/metrics')]).toEqual([200, 200, 401]);
    const ready: unknown = await (await fetch(`http://${httpAddress}/readyz`)).json();
    expect(ready).toEqual({
      ready: true,
      store: 'up',
      detail: 'sqlite',
      identities: 'callers show a key, no TLS',
    });
    const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
    expect(await get('/metrics', bearer(keys.viewer))).toBe(200);
    expect(await get('/metrics', bearer(keys.operator))).toBe(200);
    expect(await get('/metrics', bearer(keys.site))).toBe(403);
    expect(await get('/metrics', bearer(keys.bound))).toBe(403);
  });
});

it('who shows a valid key does not wait for those who do not, from the same address', async () => {
  quiet();
  let refused = 0;
  const stranger = as();
  const attempts = Array.from({ length: 12 }, () =>
    failure(stranger.keys.whoAmI({})).finally(() => (refused += 1)),
  );
  await until(() => refused === 5);
  await as(keys.viewer).keys.whoAmI({});
  // The last of them waits for five seconds.
  expect(refused).toBeLessThan(12);
  await Promise.all(attempts);
});

it('health answers everybody, reflection only whoever is known', async () => {
  quiet();
  const health = createClient(Health, channel);
  expect((await health.check({ service: 'tollgate.v1.DecisionService' })).status).toBe(1);
  const list = (...headers: string[]): Promise<{ readonly stdout: string }> =>
    promisify(execFile)('node_modules/.bin/buf', [
      'curl',
      ...headers,
      '--http2-prior-knowledge',
      '--protocol',
      'grpc',
      '--list-services',
      `http://${tollgate.service.grpcAddress}`,
    ]);
  const key = ['--reflect-header', `authorization: Bearer ${keys.site}`];
  expect((await list(...key)).stdout).toContain('tollgate.v1.KeyService');
  await expect(list()).rejects.toThrow(/not authenticated/);
});

describe('who acts', () => {
  it('is who calls, whatever the request says', async () => {
    const [author, operator, approver] = [as(keys.author), as(keys.operator), as(keys.approver)];
    const rules = [rule('r', [velocity({ fn: 'count', by: ['card'], window: '1h' }, 'greaterThan', 5)])];
    const { version } = await author.rules.createVersion({
      documentJson: JSON.stringify(ruleSet('acting', rules)),
      author: 'somebody-else',
      casesJson: anyCase(true),
    });
    expect(version?.author).toBe('author');
    const said = { ruleSet: 'acting', version: 1, actor: 'somebody-else' };
    const activate = (reason = 'fewer stolen cards'): Promise<unknown> =>
      operator.rules.activateVersion({ ...said, reason });
    expect(await failure(activate())).toBe('NOT_PROVEN');
    await operator.rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason: 'none yet' });
    // No second person is waived where callers are known.
    expect(await failure(activate())).toBe('NOT_PROVEN');
    expect(await failure(author.rules.approveVersion({ ...said, hash: version?.hash ?? '' }))).toBe(
      'ROLE_REQUIRED',
    );
    await approver.rules.approveVersion({ ...said, hash: version?.hash ?? '' });
    // What goes live says why; what is taken back needs no words.
    await expect(activate(' ')).rejects.toThrow(/reason: is required/);
    await expect(operator.rules.startCanary({ ...said, settings: { share: 0.1 } })).rejects.toThrow(
      /reason: is required/,
    );
    await activate();
    const { publications } = await author.rules.listPublications({ ruleSet: 'acting' });
    expect(publications.map(({ actor, waived }) => [actor, waived.map((one) => one.actor)])).toEqual([
      ['operator', ['operator']],
    ]);
    await author.lists.createList({ list: { id: 'l', type: 3, kind: 1 }, actor: 'else' });
    expect((await author.lists.listLists({})).lists.find(({ id }) => id === 'l')?.owner).toBe('author');
    await author.lists.addEntries({
      list: 'l',
      entries: [{ value: 'a@b.example', actor: 'else', reason: 'r' }],
    });
    await operator.lists.importEntries(
      (async function* () {
        yield { list: 'l', actor: 'else', entries: [{ value: 'c@b.example', actor: 'else', reason: 'r' }] };
        yield { list: 'l', actor: 'else', entries: [{ value: 'd@b.example', reason: 'r' }] };
      })(),
    );
    await operator.lists.removeEntries({ list: 'l', values: ['d@b.example'], actor: 'else', reason: 'r' });
    const { changes } = await author.lists.listChanges({ list: 'l' });
    expect(changes.map(({ actor }) => actor)).toEqual(['operator', 'operator', 'author', 'author']);
    const { entries } = await author.lists.listEntries({ list: 'l' });
    expect(Object.fromEntries(entries.map(({ value, actor }) => [value, actor]))).toEqual({
      'a@b.example': 'author',
      'c@b.example': 'operator',
    });
    await operator.rules.deactivateRuleSet({ ruleSet: 'acting' });
    const made = await operator.keys.createKey({ name: 'x', roles: [4], actor: 'else' });
    expect(made.key?.createdBy).toBe('operator');
  });

  it('learns whom Tollgate takes it for', async () => {
    expect(await as(keys.site).keys.whoAmI({})).toMatchObject({ name: 'site', roles: [5], sites: ['shop'] });
    expect((await as(keys.viewer).keys.whoAmI({})).sites).toEqual([]);
  });

  it('is told which role it lacks', async () => {
    const error = (await as(keys.viewer)
      .rules.activateVersion({ ruleSet: 'acting', version: 1 })
      .catch((reason: unknown) => reason)) as { readonly message: string; readonly metadata: object };
    expect(error.message).toBe('RuleService.ActivateVersion needs the role operator; viewer has viewer');
    expect(error.metadata).toMatchObject({ needed: 'operator', has: 'viewer' });
    expect(RuleService.method.activateVersion.name).toBe('ActivateVersion');
  });
});

describe('a key that is made', () => {
  it.each([
    ['without a name', { roles: [4] }, 'name'],
    ['with a name in several words', { name: 'a b', roles: [4] }, 'name'],
    ['without a role', { name: 'a' }, 'roles'],
    ['with a role that there is not', { name: 'a', roles: [9] }, 'roles[0]'],
    ['for a site without one', { name: 'a', roles: [5] }, 'sites'],
    ['for a site that cannot be', { name: 'a', roles: [5], sites: ['a b'] }, 'sites[0]'],
    [
      'for a certificate without its kind',
      { name: 'a', roles: [4], certificateSubject: 'x' },
      'certificate_subject',
    ],
    ['that has ended', { name: 'a', roles: [4], expiresAt: { seconds: 1n } }, 'expires_at'],
    ['that would waive as the release does', { name: 'Shipped', roles: [1] }, 'name'],
    ['that would roll back as a canary by itself', { name: 'guardrail', roles: [3] }, 'name'],
    ['that nobody could tell from no identity', { name: 'development', roles: [4] }, 'name'],
  ])('%s is none', async (_, request, field) => {
    const error = (await as(keys.operator)
      .keys.createKey(request)
      .catch((reason: unknown) => reason)) as { readonly violations: readonly { readonly field: string }[] };
    expect(error.violations.map((violation) => violation.field)).toEqual([field]);
  });

  it('is not repeated in an error, though it stands where its id belongs', async () => {
    const error = await as(keys.operator)
      .keys.revokeKey({ id: keys.viewer })
      .catch((reason: unknown) => reason);
    expect(String(error)).toContain('not the id of a key');
    expect(JSON.stringify(error) + String(error)).not.toContain(keys.viewer.slice(-43));
  });
});

it('a payment is decided for a site, and for an operator', async () => {
  const request = { requestId: 'r', payment: payment() };
  expect((await as(keys.site).decisions.screen(request)).decision?.binding?.site).toBe('shop');
  expect(
    (await as(keys.operator).decisions.screen({ ...request, requestId: 'r2' })).decision?.binding?.site,
  ).toBe('shop');
  expect(await failure(as(keys.viewer).decisions.screen(request))).toBe('ROLE_REQUIRED');
  const results: number[] = [];
  for await (const answer of as(keys.site).decisions.screenStream(
    once({ entries: [{ entry: { case: 'screen' as const, value: { ...request, requestId: 'r3' } } }] }),
  ))
    results.push(answer.results.length);
  expect(results).toEqual([1]);
});

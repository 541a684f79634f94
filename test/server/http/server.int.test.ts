import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ANYBODY } from '../../../src/identity/callers.js';
import type { HttpServerOptions, Readiness } from '../../../src/server/http/server.js';
import { startHttpServer } from '../../../src/server/http/server.js';

const AWAY: Readiness = { ready: false, store: 'down', detail: 'mongodb', identities: 'nobody is asked' };

async function started(change: Partial<HttpServerOptions> = {}) {
  const troubles: string[] = [];
  const server = await startHttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    readiness: () => ({ ready: true, store: 'up', identities: 'nobody is asked' }),
    callers: ANYBODY,
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'a_total 1\n' },
    trouble: (what) => troubles.push(what),
    ...change,
  });
  onTestFinished(() => server.close());
  const get = (path: string, init?: RequestInit) => fetch(`http://${server.address}${path}`, init);
  return { server, get, troubles };
}

test('liveness, readiness and counters', async () => {
  const { get } = await started();
  const alive = await get('/healthz');
  expect(alive.status).toBe(200);
  expect(await alive.json()).toEqual({ status: 'alive' });
  const ready = await get('/readyz?verbose=1');
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({ ready: true, store: 'up', identities: 'nobody is asked' });
  const metrics = await get('/metrics');
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4');
  expect(await metrics.text()).toBe('a_total 1\n');
});

test('a store that is away: alive, not ready', async () => {
  const { get } = await started({ readiness: () => AWAY });
  expect((await get('/healthz')).status).toBe(200);
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.json()).toEqual(AWAY);
});

test.each(['/', '/metrics/', '/toString', '/__proto__', '/%2e%2e/etc/passwd', '/..%2fetc', '//readyz'])(
  '%s is not there, and says what is',
  async (path) => {
    const { get } = await started();
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: 'not found', paths: ['/healthz', '/readyz', '/metrics'] });
  },
);

test('a path out of the house is not there', async () => {
  const { server } = await started();
  expect(
    await raw(server.port, 'GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
  ).toMatch(/^HTTP\/1\.1 404 /);
});

test('HEAD is answered without body, other methods are refused', async () => {
  const { get } = await started();
  const head = await get('/metrics', { method: 'HEAD' });
  expect(head.status).toBe(200);
  expect(head.headers.get('content-length')).toBe('10');
  expect(await head.text()).toBe('');
  const post = await get('/metrics', { method: 'POST', body: 'x'.repeat(100_000) });
  expect(post.status).toBe(405);
  expect(post.headers.get('allow')).toBe('GET, HEAD');
  expect(await post.json()).toEqual({ error: 'method not allowed', allow: ['GET', 'HEAD'] });
});

test('what is no HTTP, or a header without end, is refused', async () => {
  const { server, get } = await started();
  expect(await raw(server.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect(await raw(server.port, `GET / HTTP/1.1\r\nhost: x\r\na: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 /,
  );
  expect((await get('/healthz')).status).toBe(200);
});

test('counters that fail are a 500 without the reason, which is told inside', async () => {
  const { get, troubles } = await started({
    metrics: { contentType: 'x', text: () => Promise.reject(new Error('a leak')) },
  });
  const answer = await get('/metrics');
  expect(answer.status).toBe(500);
  expect(await answer.text()).toBe('{"error":"internal"}\n');
  expect(troubles).toEqual(['/metrics could not be answered']);
});

test('an address that is taken is said in one line', async () => {
  const { server } = await started();
  await expect(started({ listen: { host: '127.0.0.1', port: server.port } })).rejects.toThrow(
    `cannot listen on ${server.address}: another process listens there`,
  );
});

test('closing cuts off idle connections', async () => {
  const { server, get } = await started();
  await get('/healthz');
  await server.close();
  await expect(get('/healthz')).rejects.toThrow();
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTlsFiles } from '../../src/serve/tls-files.js';
import { certificate, clientsWith, makeKeys, pem, startAsking, type Clients } from './callers.js';
import { failure, sqlitePlace, until, type Instance, type Place } from './harness.js';

const CA = pem('ca.crt');

let folder: string;
let place: Place;
let opened: Clients[];
const path = (name: string): string => join(folder, name);
const put = (from: string, to: string): void => copyFileSync(`test/support/tls/${from}`, path(to));
const flags = () => ({ tlsCert: path('tls.crt'), tlsKey: path('tls.key'), clientCa: path('ca.crt') });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-tls-'));
  put('server.crt', 'tls.crt');
  put('server.key', 'tls.key');
  put('ca.crt', 'ca.crt');
  place = sqlitePlace();
  opened = [];
});
afterEach(async () => {
  for (const { channel } of opened) channel.close();
  await place.remove();
  rmSync(folder, { recursive: true });
});

function as(
  instance: Instance,
  shown: { readonly key?: string; readonly certificate?: string } = {},
): Clients {
  const client = shown.certificate === undefined ? undefined : certificate(shown.certificate);
  const clients = clientsWith(instance, shown.key, { ca: CA, ...(client && { client }) });
  opened.push(clients);
  return clients;
}

const whoIs = async (clients: Clients): Promise<string> =>
  clients.keys.whoAmI({}).then(
    ({ name }) => name,
    (error: unknown) => String((error as { readonly code?: string }).code),
  );

/** The certificate that is shown at an address. */
function shownAt(address: string): Promise<PeerCertificate> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca: CA, servername: 'localhost' }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** The answer to GET over TLS. */
function got(address: string, page: string, more: object = {}): Promise<{ status: number; body: string }> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    request({ host, port, path: page, ca: CA, agent: false, ...more }, (response) => {
      let body = '';
      response.on('data', (part) => (body += String(part)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

const get = async (...asked: Parameters<typeof got>): Promise<number> => (await got(...asked)).status;

describe('client certificates', () => {
  it('stand for who they are mapped to, beside keys; others stand for nobody', async () => {
    const { viewer } = await makeKeys(place, {
      viewer: { roles: ['viewer'] },
      shop: { roles: ['site'], sites: ['es'], subject: 'DNS:shop-es.example' },
      robot: { roles: ['operator'], subject: 'URI:spiffe://merchant/robot' },
      ana: { roles: ['viewer'], subject: 'CN:Ana' },
    });
    const tollgate = await startAsking(place, flags());
    expect(await whoIs(as(tollgate, { certificate: 'shop' }))).toBe('shop');
    expect(await whoIs(as(tollgate, { certificate: 'robot' }))).toBe('robot');
    expect(await whoIs(as(tollgate, { certificate: 'ana' }))).toBe('ana');
    expect(await whoIs(as(tollgate, { key: viewer }))).toBe('viewer');
    expect(await whoIs(as(tollgate, { key: viewer, certificate: 'robot' }))).toBe('viewer');
    expect(await whoIs(as(tollgate, { certificate: 'stranger' }))).toBe('NOT_AUTHENTICATED');
    expect(await whoIs(as(tollgate, { certificate: 'server' }))).toBe('NOT_AUTHENTICATED');
    expect(await whoIs(as(tollgate))).toBe('NOT_AUTHENTICATED');
    const robot = as(tollgate, { certificate: 'robot' });
    const { keys } = await robot.keys.listKeys({});
    const shop = keys.find(({ name }) => name === 'shop');
    await robot.keys.revokeKey({ id: shop?.id ?? '' });
    expect(await failure(as(tollgate, { certificate: 'shop' }).keys.whoAmI({}))).toBe('NOT_AUTHENTICATED');
    const { httpAddress } = tollgate.service;
    expect(await get(httpAddress, '/readyz')).toBe(200);
    expect(await get(httpAddress, '/metrics')).toBe(401);
    expect(await get(httpAddress, '/metrics', certificate('robot'))).toBe(200);
    expect(await get(httpAddress, '/metrics', { headers: { authorization: `Bearer ${viewer}` } })).toBe(200);
  });

  it('that are not believed, or mapped to nobody, are counted as such, not as nothing', async () => {
    const { viewer } = await makeKeys(place, { viewer: { roles: ['viewer'] } });
    const tollgate = await startAsking(place, flags());
    const { httpAddress } = tollgate.service;
    const failed = async (why: string): Promise<number> => {
      const { body } = await got(httpAddress, '/metrics', { headers: { authorization: `Bearer ${viewer}` } });
      const counter = new RegExp(`^tollgate_authentication_failures_total\\{why="${why}"\\} (\\d+)$`, 'm');
      return Number(counter.exec(body)?.[1] ?? 0);
    };
    // Of another authority; of ours, and mapped to nobody; the same by HTTP.
    for (const name of ['stranger', 'shop']) {
      expect(await whoIs(as(tollgate, { certificate: name }))).toBe('NOT_AUTHENTICATED');
      expect(await get(httpAddress, '/metrics', certificate(name))).toBe(401);
    }
    expect([await failed('certificate'), await failed('nothing')]).toEqual([4, 0]);
    expect(await whoIs(as(tollgate))).toBe('NOT_AUTHENTICATED');
    expect(await get(httpAddress, '/metrics')).toBe(401);
    expect([await failed('certificate'), await failed('nothing')]).toEqual([4, 2]);
  });

  it('suffice for a start where identities are required', async () => {
    await makeKeys(place, { ana: { roles: ['viewer'], subject: 'CN:Ana' } });
    const { clientCa: _, ...noClients } = flags();
    await expect(startAsking(place, noClients)).rejects.toThrow(/no key that is in force/);
    await startAsking(place, flags());
  });
});

describe('certificates that change', () => {
  it('are shown to new connections, while those that are open go on; broken ones are not', async () => {
    const tollgate = await place.start(flags());
    const { grpcAddress, httpAddress } = tollgate.service;
    const before = as(tollgate);
    expect(await whoIs(before)).toBe('development');
    const names = async () =>
      Promise.all([grpcAddress, httpAddress].map(async (address) => (await shownAt(address)).subject.CN));
    expect(await names()).toEqual(['localhost', 'localhost']);
    const reloads = async (result: string): Promise<number> => {
      const { body } = await got(httpAddress, '/metrics');
      return Number(
        new RegExp(`^tollgate_tls_reloads_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(body)?.[1],
      );
    };
    // Half of a pair: what works stays.
    put('server-2.crt', 'tls.crt');
    await until(async () => (await reloads('failed')) === 1);
    expect(await names()).toEqual(['localhost', 'localhost']);
    put('server-2.key', 'tls.key');
    await until(async () => (await names()).every((name) => name === 'localhost-2'));
    expect(await whoIs(before)).toBe('development');
    expect(await whoIs(as(tollgate))).toBe('development');
    writeFileSync(path('tls.key'), 'nonsense');
    await until(async () => (await reloads('failed')) === 2);
    expect(await names()).toEqual(['localhost-2', 'localhost-2']);
    expect(await reloads('ok')).toBe(1);
  });

  it('let in those of a new authority, and no new ones of the one before', async () => {
    await makeKeys(place, {
      ana: { roles: ['viewer'] },
      shop: { roles: ['site'], sites: ['es'], subject: 'DNS:shop-es.example' },
    });
    const tollgate = await startAsking(place, flags());
    expect(await whoIs(as(tollgate, { certificate: 'shop' }))).toBe('shop');
    put('other-ca.crt', 'ca.crt');
    await until(async () => (await whoIs(as(tollgate, { certificate: 'stranger' }))) === 'shop');
    expect(await whoIs(as(tollgate, { certificate: 'shop' }))).toBe('NOT_AUTHENTICATED');
  });
});

describe('certificates that cannot be used', () => {
  it.each([
    ['that are not there', { cert: 'none.crt' }, /none\.crt: there is no such file$/],
    ['that are none', { cert: 'ca.txt' }, /ca\.txt: not a certificate in PEM /],
    ['without their key', { key: 'other.key' }, /other\.key is not the key of the certificate .*tls\.crt$/],
    ['with a key that is none', { key: 'ca.txt' }, /ca\.txt: not a private key in PEM /],
    ['of an authority that is none', { clientCa: 'ca.txt' }, /ca\.txt: not a certificate in PEM/],
  ])('%s are told by file and reason', (_, change, problem) => {
    writeFileSync(path('ca.txt'), 'nonsense');
    put('shop.key', 'other.key');
    const files = { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt', ...change };
    const [cert, key, clientCa] = [files.cert, files.key, files.clientCa].map(path) as [
      string,
      string,
      string,
    ];
    expect(() => openTlsFiles({ cert, key, clientCa })).toThrow(problem);
  });
});

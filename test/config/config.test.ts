import { describe, expect, it } from 'vitest';
import { resolveConfig, type ConfigSources } from '../../src/config/config.js';
import { OPTIONS } from '../../src/config/options.js';

const sources = (more: Partial<ConfigSources> = {}): ConfigSources => ({
  flags: {},
  environment: {},
  file: undefined,
  ...more,
});
const file = (settings: unknown) => ({ name: 'tollgate.json', text: JSON.stringify(settings) });

describe('resolveConfig', () => {
  it('lets other machines in without more ado only with identities and TLS', () => {
    const tls = { tlsCert: 'tls.crt', tlsKey: 'tls.key' };
    const far = { listen: '10.0.0.5:1', http: '10.0.0.5:2' };
    const secure = resolveConfig(
      sources({ flags: { ...far, ...tls, identities: 'required', clientCa: 'ca.crt' } }),
    );
    expect(secure).toMatchObject({
      insecureListen: false,
      identities: 'required',
      tls: { cert: 'tls.crt', key: 'tls.key', clientCa: 'ca.crt' },
    });
    for (const less of [tls, { identities: 'required' }])
      expect(() => resolveConfig(sources({ flags: { ...far, ...less } }))).toThrow(
        /^--listen: '10\.0\.0\.5:1' is not a loopback address: for another set --identities required and --tls-cert/,
      );
    const allowed = { ...far, identities: 'required', insecureListen: 'allow' };
    expect(resolveConfig(sources({ flags: allowed })).insecureListen).toBe(true);
    expect(resolveConfig(sources())).toMatchObject({ identities: 'development', tls: undefined });
  });

  it.each([
    [{ tlsCert: 'a' }, '--tls-cert says nothing without --tls-key'],
    [{ tlsKey: 'a' }, '--tls-key says nothing without --tls-cert'],
    [{ clientCa: 'a' }, '--client-ca says nothing without --tls-cert and --tls-key'],
    [{ identities: 'some' }, "--identities: 'some' is not one of development, required"],
  ])('refuses %j', (flags, problem) => {
    expect(() => resolveConfig(sources({ flags }))).toThrow(problem);
  });

  it('listens on loopback and keeps a SQLite file when nothing is said', () => {
    const config = resolveConfig(sources());
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 50051 });
    expect(config.store).toEqual({ kind: 'sqlite', file: 'tollgate.db' });
  });

  it('does not take a URI whose password the driver could read in another way', () => {
    for (const uri of [
      'mongodb://user:p@ss/w:rd@host/db',
      'mongodb+srv://user:p@ss/w@host/db',
      'mongodb://user:p?w@host/db',
      'mongodb://host/db?tlsCertificateKeyFilePassword=p&w',
    ])
      expect(() => resolveConfig(sources({ flags: { store: uri } }))).toThrow(
        /^--store: 'mongodb[^ ]*:\/\/[^p]*' is not a mongodb:\/\/ URI: write @ .* as %40 /,
      );
  });

  it('takes the command line before the environment before the file', () => {
    const all = {
      flags: { lapse: '1m' },
      environment: { TOLLGATE_LAPSE: '2m', TOLLGATE_SKEW: '2m' },
      file: file({ lapse: '3m', skew: '3m', logSample: 3 }),
    };
    expect(resolveConfig(all)).toMatchObject({ lapseMs: 60_000, skewMs: 120_000, logSample: 3 });
  });

  it('reads IPv6 addresses and MongoDB URIs', () => {
    const config = resolveConfig(
      sources({ flags: { listen: '[::1]:0', store: 'mongodb://a,b/tollgate?replicaSet=r' } }),
    );
    expect(config.listen).toEqual({ host: '::1', port: 0 });
    expect(config.store).toEqual({ kind: 'mongodb', uri: 'mongodb://a,b/tollgate?replicaSet=r' });
  });

  it.each(['127.0.0.1', '127.8.9.10', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', 'LocalHost'])(
    'takes %s for loopback',
    (host) => {
      const config = resolveConfig(sources({ flags: { listen: `${host}:1`, http: `${host}:2` } }));
      expect(config.insecureListen).toBe(false);
    },
  );

  it.each([
    '0.0.0.0',
    '[::]',
    '10.0.0.5',
    '[2001:db8::1]',
    '[::ffff:10.0.0.5]',
    '[0:0:0:1:0:0:0:1]',
    '127.1',
    'db1',
    'localhost.example',
  ])('does not listen on %s, where other machines call, unless that is said to be meant', (host) => {
    for (const name of ['listen', 'http'] as const) {
      const flags = { [name]: `${host}:1` };
      expect(() => resolveConfig(sources({ flags }))).toThrow(
        `--${name}: '${host}:1' is not a loopback address: for another set --identities required and --tls-cert, or --insecure-listen allow if that is meant`,
      );
      const environment = { TOLLGATE_INSECURE_LISTEN: 'allow' };
      expect(resolveConfig(sources({ flags, environment })).insecureListen).toBe(true);
    }
  });

  it.each([
    [{ flags: { listen: '50051' } }, "--listen: '50051' is not HOST:PORT"],
    [
      { environment: { TOLLGATE_HTTP: 'localhost:99999' } },
      "TOLLGATE_HTTP: 'localhost:99999' is not HOST:PORT",
    ],
    [
      { flags: { store: 'sqlite::memory:' } },
      "--store: 'sqlite::memory:' is not sqlite:FILE, a file on disk",
    ],
    [{ flags: { store: 'sqlite:' } }, "--store: 'sqlite:' is not sqlite:FILE, a file on disk"],
    [{ flags: { store: 'postgres://x' } }, "--store: 'postgres://x' is not sqlite:FILE or a mongodb:// URI"],
    [
      { file: file({ lapse: 'soon' }) },
      "lapse in tollgate.json: 'soon' is not a duration like 90s, 15m, 24h or 30d",
    ],
    [{ file: file({ sites: 'some' }) }, "sites in tollgate.json: 'some' is not one of lenient, strict"],
    [{ file: file({ lisen: 'x' }) }, "tollgate.json: no option is named 'lisen'; there are listen"],
    [{ file: { name: 'a.json', text: '{' } }, 'a.json: not JSON'],
    [
      { flags: { defaultTimeZone: 'Mars/Base' } },
      "--default-time-zone: 'Mars/Base' is not an IANA time zone",
    ],
    [{ flags: { defaultCountry: 'XX' } }, "--default-country: 'XX' is not an ISO 3166-1 alpha-2 country"],
    [{ flags: { defaultCurrency: 'ZZZ' } }, "--default-currency: 'ZZZ' is not an ISO 4217 currency"],
    [{ environment: { TOLLGATE_LAPSE: '0s' } }, "TOLLGATE_LAPSE: '0s' is not a duration from 1s to 366d"],
    [{ flags: { skew: '99999999d' } }, "--skew: '99999999d' is not a duration from 0s to 366d"],
    [{ flags: { maxInFlight: '0' } }, "--max-in-flight: '0' is not a whole number from 1 to 1000000"],
  ])('says in one line what is wrong: %j', (more, message) => {
    expect(() => resolveConfig(sources(more))).toThrow(message);
    try {
      resolveConfig(sources(more));
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  it('never repeats a password', () => {
    expect(() => resolveConfig(sources({ flags: { store: 'mongo://user:secret@host/db' } }))).toThrow(
      'mongo://***@host/db',
    );
  });

  it('gives every option an environment variable of its own', () => {
    expect(new Set(OPTIONS.map(({ environment }) => environment)).size).toBe(OPTIONS.length);
  });
});

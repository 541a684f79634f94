import { isCountry } from '../facts/geography/countries.js';
import { isCurrency } from '../money/currencies.js';
import type { Address } from '../server/address.js';
import { durationMs } from '../world/duration.js';
import { isLoopback } from './loopback.js';
import { isMongoUri, MONGO_URI_FORM } from './mongo-uri.js';
import { LOG_LEVELS, OPTIONS, type LogLevel, type OptionName } from './options.js';
import { shownStore } from './shown-store.js';
import { messageOf } from '../errors/error-text.js';

/** Everything `tollgate serve` can be told, resolved. */
export interface Config {
  /** Of gRPC. */
  readonly listen: Address;
  /** Of metrics and health. */
  readonly http: Address;
  /** Whether other machines reach an address above without TLS, or without being asked who they are. */
  readonly insecureListen: boolean;
  /** development: nobody is asked who they are. required: every call shows a key or a certificate. */
  readonly identities: 'development' | 'required';
  /** Of gRPC and HTTP; undefined: no TLS. */
  readonly tls: TlsConfig | undefined;
  readonly store: StoreConfig;
  /** strict: a payment of an unknown site is refused. lenient: it runs on the default site and is marked. */
  readonly sites: 'lenient' | 'strict';
  readonly defaultSite: { readonly timeZone: string; readonly country: string; readonly currency: string };
  /** Files; '' takes the one that ships. */
  readonly rates: string;
  readonly geoip: string;
  readonly bins: string;
  /** Folder of the rule sets that an empty store starts with; 'none' starts empty. */
  readonly rules: string;
  /** How long a decision permits a payment, ms. */
  readonly lapseMs: number;
  /** How far a live event time may be from arrival, ms. */
  readonly skewMs: number;
  readonly onSkew: 'flag' | 'refuse';
  /** Calls under way at most; beyond it RESOURCE_EXHAUSTED. */
  readonly maxInFlight: number;
  /** Memory for the windows of velocity keys, bytes. */
  readonly windowBytes: number;
  readonly logLevel: LogLevel;
  /** One decision in so many is logged at level info; 0: none. */
  readonly logSample: number;
}

/** PEM files, read again when they change. */
export interface TlsConfig {
  readonly cert: string;
  readonly key: string;
  /** The authority of client certificates; '' for none. */
  readonly clientCa: string;
}

export type StoreConfig =
  { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'mongodb'; readonly uri: string };

/** No decision permits a payment for longer, and no clock is that far off. */
const LONGEST = '366d';

/** A configuration that cannot be used: one line that says which option, where from, and what is wrong. */
export class ConfigProblem extends Error {
  override readonly name = 'ConfigProblem';
}

/** Where settings come from; the first that has one wins: command line, environment, file, default. */
export interface ConfigSources {
  readonly flags: Readonly<Partial<Record<OptionName, string>>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The configuration file's name and text. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
}

/** Resolves the configuration. Throws ConfigProblem. */
export function resolveConfig(sources: ConfigSources): Config {
  const file = parseFile(sources.file);
  const value = (name: OptionName): Setting => {
    const option = OPTIONS.find((candidate) => candidate.name === name);
    const environment = option?.environment ?? '';
    const flag = sources.flags[name];
    if (flag !== undefined) return { text: flag, from: `--${kebab(name)}` };
    const variable = sources.environment[environment];
    if (variable !== undefined && variable !== '') return { text: variable, from: environment };
    const inFile = file.get(name);
    if (inFile !== undefined) return { text: inFile, from: `${name} in ${sources.file?.name ?? 'the file'}` };
    return { text: option?.fallback ?? '', from: name };
  };
  const identities = oneOf(value('identities'), ['development', 'required']);
  const tls = tlsConfig(value);
  const secure = identities === 'required' && tls !== undefined;
  const allowed = secure || oneOf(value('insecureListen'), ['refuse', 'allow']) === 'allow';
  const listen = listenAddress(value('listen'), allowed);
  const http = listenAddress(value('http'), allowed);
  return {
    listen,
    http,
    insecureListen: !secure && !(isLoopback(listen.host) && isLoopback(http.host)),
    identities,
    tls,
    store: store(value('store')),
    sites: oneOf(value('sites'), ['lenient', 'strict']),
    defaultSite: {
      timeZone: timeZone(value('defaultTimeZone')),
      country: known(
        value('defaultCountry'),
        (code) => code === '' || isCountry(code),
        'an ISO 3166-1 alpha-2 country in capitals',
      ),
      currency: known(value('defaultCurrency'), isCurrency, 'an ISO 4217 currency in capitals'),
    },
    rates: value('rates').text,
    geoip: value('geoip').text,
    bins: value('bins').text,
    rules: value('rules').text,
    lapseMs: duration(value('lapse'), '1s'),
    skewMs: duration(value('skew'), '0s'),
    onSkew: oneOf(value('onSkew'), ['flag', 'refuse']),
    maxInFlight: wholeNumber(value('maxInFlight'), 1, 1_000_000),
    windowBytes: wholeNumber(value('windowMemory'), 8, 65_536) * 1024 * 1024,
    logLevel: oneOf(value('logLevel'), LOG_LEVELS),
    logSample: wholeNumber(value('logSample'), 0, 1_000_000_000),
  };
}

interface Setting {
  readonly text: string;
  readonly from: string;
}

function problem(setting: Setting, expected: string): ConfigProblem {
  return new ConfigProblem(`${setting.from}: '${redacted(setting.text)}' is not ${expected}`);
}

/** A store URI may hold a password: it is never repeated. */
function redacted(text: string): string {
  return shownStore(text).slice(0, 120);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function parseFile(file: ConfigSources['file']): Map<OptionName, string> {
  const settings = new Map<OptionName, string>();
  if (file === undefined) return settings;
  let parsed: unknown;
  try {
    parsed = JSON.parse(file.text);
  } catch (error) {
    throw new ConfigProblem(`${file.name}: not JSON: ${messageOf(error)}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ConfigProblem(`${file.name}: not a JSON object`);
  for (const [name, value] of Object.entries(parsed)) {
    const option = OPTIONS.find((candidate) => candidate.name === name);
    if (option === undefined) {
      const known = OPTIONS.map((candidate) => candidate.name).join(', ');
      throw new ConfigProblem(`${file.name}: no option is named '${name}'; there are ${known}`);
    }
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new ConfigProblem(`${file.name}: ${name} must be a text or a number`);
    settings.set(option.name, String(value));
  }
  return settings;
}

function address(setting: Setting): Address {
  const split = setting.text.lastIndexOf(':');
  const host = setting.text.slice(0, split).replace(/^\[(.*)\]$/, '$1');
  const port = Number(setting.text.slice(split + 1));
  const plain = /^\d{1,5}$/.test(setting.text.slice(split + 1));
  if (split < 1 || host === '' || !plain || port > 65_535) throw problem(setting, 'HOST:PORT');
  return { host, port };
}

/** An address to listen on; one that other machines reach only where that is allowed. */
function listenAddress(setting: Setting, allowed: boolean): Address {
  const parsed = address(setting);
  if (!allowed && !isLoopback(parsed.host))
    throw problem(
      setting,
      'a loopback address: for another set --identities required and --tls-cert, or --insecure-listen allow if that is meant',
    );
  return parsed;
}

function tlsConfig(value: (name: OptionName) => Setting): TlsConfig | undefined {
  const [cert, key, clientCa] = (['tlsCert', 'tlsKey', 'clientCa'] as const).map(value);
  const lacking = (one: Setting | undefined, other: string): ConfigProblem =>
    new ConfigProblem(`${one?.from ?? ''} says nothing without ${other}`);
  if (cert?.text && key?.text) return { cert: cert.text, key: key.text, clientCa: clientCa?.text ?? '' };
  if (cert?.text) throw lacking(cert, '--tls-key');
  if (key?.text) throw lacking(key, '--tls-cert');
  if (clientCa?.text) throw lacking(clientCa, '--tls-cert and --tls-key');
  return undefined;
}

function store(setting: Setting): StoreConfig {
  if (setting.text.startsWith('sqlite:')) {
    const file = setting.text.slice('sqlite:'.length);
    // SQLite takes these for a database in memory, or for an address with options.
    if (file === '' || /^(:|file:)/.test(file)) throw problem(setting, 'sqlite:FILE, a file on disk');
    return { kind: 'sqlite', file };
  }
  if (isMongoUri(setting.text)) return { kind: 'mongodb', uri: setting.text };
  if (/^mongodb(\+srv)?:\/\/./.test(setting.text)) throw problem(setting, MONGO_URI_FORM);
  throw problem(setting, 'sqlite:FILE or a mongodb:// URI');
}

function oneOf<T extends string>(setting: Setting, values: readonly T[]): T {
  const found = values.find((value) => value === setting.text);
  if (found === undefined) throw problem(setting, `one of ${values.join(', ')}`);
  return found;
}

function known(setting: Setting, isKnown: (text: string) => boolean, expected: string): string {
  if (!isKnown(setting.text)) throw problem(setting, expected);
  return setting.text;
}

function timeZone(setting: Setting): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: setting.text }).resolvedOptions().timeZone;
  } catch {
    throw problem(setting, 'an IANA time zone');
  }
}

function duration(setting: Setting, least: string): number {
  const ms = durationMs(setting.text);
  if (ms === undefined) throw problem(setting, 'a duration like 90s, 15m, 24h or 30d');
  if (ms < (durationMs(least) ?? 0) || ms > (durationMs(LONGEST) ?? 0))
    throw problem(setting, `a duration from ${least} to ${LONGEST}`);
  return ms;
}

function wholeNumber(setting: Setting, least: number, most: number): number {
  const number = Number(setting.text);
  if (!/^\d+$/.test(setting.text) || number < least || number > most)
    throw problem(setting, `a whole number from ${least} to ${most}`);
  return number;
}

import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigProblem, type Config } from '../config/config.js';
import { fileReason } from '../errors/file-reason.js';
import { parseBins, type Bins } from '../facts/bins.js';
import { createGeography, type Geography } from '../facts/geography.js';
import { parseRates, type Rates } from '../money/rates.js';

/** The files that ship with Tollgate: beside src and dist alike. */
export const SHIPPED = fileURLToPath(new URL('../../rules/', import.meta.url));

/** What the service reads once, at start. */
export interface Assets {
  readonly rates: Rates;
  readonly bins: Bins;
  readonly geography: Geography;
}

/** Reads and checks the files named by the configuration. Throws ConfigProblem naming file and reason. */
export function readAssets(config: Pick<Config, 'rates' | 'bins' | 'geoip'>): Assets {
  const ratesFile = config.rates || join(SHIPPED, 'data', 'rates.json');
  const binsFile = config.bins || join(SHIPPED, 'data', 'bin-ranges.csv');
  const rates = parseRates(parseJson(ratesFile, read(ratesFile, 'rates').toString()));
  if (!('ok' in rates)) throw new ConfigProblem(`${ratesFile}: ${rates.problems.slice(0, 3).join('; ')}`);
  const bins = parseBins(read(binsFile, 'bins').toString());
  if (!('ok' in bins)) throw new ConfigProblem(`${binsFile}: ${bins.problems.slice(0, 3).join('; ')}`);
  return { rates: rates.ok, bins: bins.ok, geography: geographyOf(config.geoip) };
}

function geographyOf(file: string): Geography {
  const mmdb =
    file ||
    createRequire(import.meta.url).resolve(
      '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb',
    );
  try {
    return createGeography(read(mmdb, 'geoip'));
  } catch (error) {
    if (error instanceof ConfigProblem) throw error;
    throw new ConfigProblem(`${mmdb}: not an MMDB file: ${messageOf(error)}`);
  }
}

/** A rule set, or a list, that an empty store starts with. */
export interface ShippedRules {
  /** JSON texts of rule-set documents. */
  readonly documents: readonly { readonly file: string; readonly text: string }[];
  readonly lists: readonly ShippedList[];
}

export interface ShippedList {
  readonly id: string;
  readonly type: string;
  readonly kind: string;
  readonly description: string;
  readonly owner: string;
  readonly entries: readonly string[];
}

/** Reads a folder of `*.rules.json` and its `lists.json`. Throws ConfigProblem. */
export function readShippedRules(folder: string): ShippedRules {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.rules.json'));
  } catch (error) {
    throw new ConfigProblem(`rules: ${folder}: ${fileReason(error, 'list')}`);
  }
  if (names.length === 0)
    throw new ConfigProblem(`rules: ${folder}: there is no *.rules.json in it; 'none' starts without rules`);
  const documents = names
    .toSorted()
    .map((name) => ({ file: name, text: read(join(folder, name), 'rules').toString() }));
  return { documents, lists: readLists(folder) };
}

function readLists(folder: string): ShippedList[] {
  const file = join(folder, 'lists.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new ConfigProblem(`rules: ${file}: ${fileReason(error)}`);
  }
  const parsed = parseJson(file, text) as
    { readonly lists?: readonly Record<string, unknown>[] } | readonly Record<string, unknown>[];
  const lists = Array.isArray(parsed)
    ? parsed
    : ((parsed as { lists?: Record<string, unknown>[] }).lists ?? []);
  return (lists as readonly Record<string, unknown>[]).map((list) => {
    const entries = Array.isArray(list['entries']) ? list['entries'].map(String) : [];
    const source = typeof list['file'] === 'string' ? list['file'] : '';
    if (source !== '') entries.push(...linesOf(read(join(folder, source), basename(file)).toString()));
    const textOf = (name: string): string => (typeof list[name] === 'string' ? list[name] : '');
    return {
      id: textOf('id'),
      type: textOf('type'),
      kind: textOf('kind'),
      description: textOf('description'),
      owner: textOf('owner'),
      entries,
    };
  });
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function read(file: string, option: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigProblem(`${option}: ${file}: ${fileReason(error)}`);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigProblem(`${file}: not JSON: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

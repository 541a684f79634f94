import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigProblem, type Config } from '../config/config.js';
import { fileReason } from '../errors/file-reason.js';
import { parseBins, type Bins } from '../facts/geography/bins.js';
import { createGeography, type Geography } from '../facts/geography/geography.js';
import { parseListsFile, type ShippedList } from '../facts/lists/shipped-lists.js';
import { parseRates, type Rates } from '../money/rates.js';
import type { Reference } from '../rules/version-store.js';
import { messageOf } from '../errors/error-text.js';

/** The files that ship with Tollgate: beside src and dist alike. */
export const SHIPPED = fileURLToPath(new URL('../../rules/', import.meta.url));

/** What the service reads once, at start. */
export interface Assets {
  readonly rates: Rates;
  readonly bins: Bins;
  readonly geography: Geography;
  /** How records name them. */
  readonly references: readonly Reference[];
}

/** Reads and checks the files named by the configuration. Throws ConfigProblem naming file and reason. */
export function readAssets(config: Pick<Config, 'rates' | 'bins' | 'geoip'>): Assets {
  const ratesFile = config.rates || join(SHIPPED, 'data', 'rates.json');
  const binsFile = config.bins || join(SHIPPED, 'data', 'bin-ranges.csv');
  const rates = parseRates(parseJson(ratesFile, read(ratesFile, 'rates').toString()));
  if (!('ok' in rates)) throw new ConfigProblem(`${ratesFile}: ${rates.problems.slice(0, 3).join('; ')}`);
  const bins = binsOf(binsFile);
  const { geography, bytes } = geographyOf(config.geoip);
  return {
    rates: rates.ok,
    bins: bins.table,
    geography,
    references: [
      { source: 'rates', id: rates.ok.id, asOf: Date.parse(rates.ok.asOf) },
      { source: 'geography', id: digest(bytes), asOf: geography.builtAt ?? null },
      { source: 'bins', id: bins.id, asOf: null },
    ],
  };
}

/** The table read last, by its digest. Services of one process share it: it takes long to make, and never changes. */
let latest: { readonly id: string; readonly table: Bins } | undefined;

function binsOf(file: string): { readonly id: string; readonly table: Bins } {
  const bytes = read(file, 'bins');
  const id = digest(bytes);
  if (latest?.id === id) return latest;
  const parsed = parseBins(bytes.toString());
  if (!('ok' in parsed)) throw new ConfigProblem(`${file}: ${parsed.problems.slice(0, 3).join('; ')}`);
  latest = { id, table: parsed.ok };
  return latest;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function geographyOf(file: string): { readonly geography: Geography; readonly bytes: Buffer } {
  const mmdb =
    file ||
    createRequire(import.meta.url).resolve(
      '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb',
    );
  try {
    const bytes = read(mmdb, 'geoip');
    return { geography: createGeography(bytes), bytes };
  } catch (error) {
    if (error instanceof ConfigProblem) throw error;
    throw new ConfigProblem(`${mmdb}: not an MMDB file: ${messageOf(error)}`);
  }
}

/** What an empty store starts with. */
export interface ShippedRules {
  /** JSON texts of rule-set documents. */
  readonly documents: readonly { readonly file: string; readonly text: string }[];
  readonly lists: readonly FilledList[];
}

/** A list with all its entries, those of its file too. */
export interface FilledList extends Omit<ShippedList, 'source'> {
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

function readLists(folder: string): FilledList[] {
  const file = join(folder, 'lists.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new ConfigProblem(`rules: ${file}: ${fileReason(error)}`);
  }
  const parsed = parseListsFile(text);
  if (!('ok' in parsed)) throw new ConfigProblem(`rules: ${file}: ${parsed.problems.slice(0, 3).join('; ')}`);
  return parsed.ok.map(({ source, ...list }) => ({
    ...list,
    entries:
      'entries' in source ? source.entries : linesOf(read(join(folder, source.file), 'rules').toString()),
  }));
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

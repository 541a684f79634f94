import { simulateDay, type SimulationOptions } from '../../simulate/day.js';
import { merchantsJson, SIM_SITES, siteJson } from '../../simulate/sites.js';
import { parseEntry, type EntryLine } from './entry-lines.js';

const AT_ONCE = 128;

/** Everything of a simulated day as lines of a stream file: sites and merchants first. */
export function* simulatedLines(options: SimulationOptions): Generator<object, void, undefined> {
  const sites = options.sites ?? SIM_SITES;
  for (const site of sites) yield { site: siteJson(site) };
  for (const site of sites) for (const merchant of merchantsJson(site)) yield { merchant };
  for (const entry of simulateDay(options)) {
    if ('screen' in entry) yield { screen: entry.screen, truth: entry.truth };
    else yield { event: entry.event };
  }
}

/** The same as entries to send. */
export async function* simulatedEntries(options: SimulationOptions): AsyncGenerator<readonly EntryLine[]> {
  let entries: EntryLine[] = [];
  for (const line of simulatedLines(options)) {
    entries.push(parseEntry(line as Readonly<Record<string, unknown>>, 'the simulated day'));
    if (entries.length === AT_ONCE) {
      yield entries;
      entries = [];
    }
  }
  if (entries.length > 0) yield entries;
}

import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { usageError } from '../exit.js';
import type { Host } from '../host.js';
import { openBytes } from '../input/files.js';
import { withSession, type Session } from '../session.js';
import { shareWithin } from '../stream/done-share.js';
import { readEntries, type EntryLine } from '../stream/entry-lines.js';
import { interleave, screenedEventItem, screenItem } from '../stream/interleave.js';
import { loadMap, openMapped } from '../stream/mapped-rows.js';
import { runStream, type StreamSource } from '../stream/run-stream.js';
import { addStreamOptions, type StreamFlags } from './stream-options.js';

const HELP = `
Without --map FILE has one JSON object a line, as 'tollgate simulate --out' writes it: {"screen": ...} or {"event": ...},
and {"site": ...} or {"merchant": ...} to put first. With --map it is any CSV or NDJSON file; the map says how its
columns become payments (docs/cli.md), and labels and outcomes are sent between the payments at the moment they became
known. Files may be gzipped. The same file sent again repeats nothing: decisions made before come back from the store.

Examples:
  $ tollgate replay-stream day.ndjson
  $ tollgate replay-stream payments-120d.csv.gz --map rules/maps/payments-120d.map.json
  $ tollgate replay-stream payments.csv --map my.map.json --limit 10000 --rate 500 --json`;

interface ReplayFlags extends StreamFlags {
  readonly map?: string;
  readonly limit?: number;
  readonly skipBad?: boolean;
}

async function* withSites(
  sites: readonly EntryLine[],
  items: AsyncIterable<readonly EntryLine[]>,
): AsyncGenerator<readonly EntryLine[]> {
  if (sites.length > 0) yield sites;
  yield* items;
}

async function openSource(path: string, flags: ReplayFlags, session: Session): Promise<StreamSource> {
  const { host } = session;
  if (flags.map === undefined) {
    if (flags.skipBad === true) throw usageError('--skip-bad has a meaning only with --map');
    const source = await openBytes(path, host);
    let screened = 0;
    const count = (): void => void screened++;
    return {
      entries: readEntries(source.bytes, source.name, flags.limit, count),
      share: () => shareWithin(source.share(), screened, flags.limit),
    };
  }
  const map = await loadMap(flags.map, host);
  const file = await openMapped(path, map, host, { limit: flags.limit, skipBad: flags.skipBad ?? false });
  const sites = map.sites.map((site) => ({ kind: 'setup' as const, put: { site } }));
  return {
    entries: withSites(sites, interleave<EntryLine>(file.rows, screenItem, screenedEventItem)),
    share: () => file.share(),
    remarks: () => file.remarks(),
  };
}

/** `tollgate replay-stream FILE`: sends a file of payments through the service and sums up. */
export function addReplayStream(program: Command, host: Host): void {
  const command = program
    .command('replay-stream <file>')
    .summary('send a file of payments through the service')
    .description(
      'Send a file of payments, with what became known of them, through the running service, and sum up.',
    )
    .option('--map <file>', 'how the file is read')
    .option('--limit <n>', 'payments at most', wholeNumber(1))
    .option(
      '--skip-bad',
      'with --map, leave out rows that cannot be used, in place of stopping at the first',
    );
  addStreamOptions(command)
    .addHelpText('after', HELP)
    .action((file: string, flags: ReplayFlags, self: Command) =>
      withSession(host, self, async (session) =>
        runStream(session, await openSource(file, flags, session), { ...flags, rate: flags.rate }),
      ),
    );
}

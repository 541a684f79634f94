import type { Command } from 'commander';
import type { SimulationOptions } from '../../simulate/day.js';
import { moment, wholeNumber } from '../arguments.js';
import type { Host } from '../host.js';
import { writeTexts } from '../output-file.js';
import { withSession } from '../session.js';
import { runStream, type StreamSource } from '../stream/run-stream.js';
import { simulatedEntries, simulatedLines } from '../stream/simulated.js';
import { counted } from '../counted.js';
import { addStreamOptions, type StreamFlags } from './stream-options.js';

const HELP = `
A day of one merchant with 27 sites: ordinary payers with habits, local methods and vouchers, and five kinds of fraud
(card testing, BIN attack, stolen card, account takeover, friendly fraud), with what is known from before and what
comes out in the weeks after. All payments go on whatever is decided, so that the summary can tell what would have been
stopped. The same seed gives the same day; sent to the same service again it repeats nothing.

Examples:
  $ tollgate simulate
  $ tollgate simulate --seed 7 --payments 50000
  $ tollgate simulate --seed 7 --payments 2000 --out day.ndjson`;

const DEFAULT_START = Date.UTC(2026, 2, 2);

interface SimulateFlags extends StreamFlags {
  readonly seed: number;
  readonly payments: number;
  readonly start?: number;
  readonly out?: string;
}

async function writeDay(simulation: SimulationOptions, path: string): Promise<number> {
  let lines = 0;
  async function* texts(): AsyncGenerator<string> {
    for (const line of simulatedLines(simulation)) {
      lines++;
      yield `${JSON.stringify(line)}\n`;
    }
  }
  await writeTexts(path, texts());
  return lines;
}

/** `tollgate simulate`: makes up a day of payments and sends it, or writes it to a file. */
export function addSimulate(program: Command, host: Host): void {
  const command = program
    .command('simulate')
    .summary('send a made-up day of payments through the service')
    .description(
      'Make up a day of cross-border payments with fraud in it, send it through the service, and sum up.',
    )
    .option('--seed <n>', 'which day', wholeNumber(0), 1)
    .option('--payments <n>', 'how many payments', wholeNumber(0), 5000)
    .option('--start <moment>', 'when the day begins, UTC (default: 2026-03-02)', moment)
    .option('--out <file>', 'write it as a file for replay-stream in place of sending it');
  addStreamOptions(command)
    .addHelpText('after', HELP)
    .action((flags: SimulateFlags, self: Command) =>
      withSession(host, self, async (session) => {
        const simulation = {
          seed: flags.seed,
          payments: flags.payments,
          startMs: flags.start ?? DEFAULT_START,
        };
        if (flags.out !== undefined) {
          const lines = await writeDay(simulation, flags.out);
          if (session.out.json) session.out.document({ file: flags.out, lines });
          else session.out.line(`${counted(lines, 'line')} written to ${flags.out}.`);
          return;
        }
        let screened = 0;
        const source: StreamSource = {
          entries: counting(simulatedEntries(simulation), (count) => (screened += count)),
          share: () => screened / Math.max(1, flags.payments),
        };
        await runStream(session, source, { ...flags, rate: flags.rate });
      }),
    );
}

async function* counting<T extends { readonly kind: string }>(
  parts: AsyncIterable<readonly T[]>,
  count: (screens: number) => void,
): AsyncGenerator<readonly T[]> {
  for await (const part of parts) {
    count(part.filter((entry) => entry.kind === 'screen').length);
    yield part;
  }
}

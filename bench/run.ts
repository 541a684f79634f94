import { cpus, totalmem } from 'node:os';
import Table from 'cli-table3';

/** One measured figure. `bar` and `holds` stand where an issue sets a bar. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bar?: string;
  readonly holds?: boolean;
}

/** What a benchmark file's `run` gives back. */
export interface BenchResult {
  readonly bench: string;
  readonly figures: readonly Figure[];
  /** For people: what bounds it, notes on the run. */
  readonly notes?: readonly string[];
}

/** Three significant digits, without exponent. */
function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

async function main(): Promise<void> {
  const name = process.argv[2];
  const module = (await import(`./${name}.bench.ts`)) as {
    run(args: readonly string[]): Promise<BenchResult>;
  };
  const result = await module.run(process.argv.slice(3));
  const table = new Table({
    head: ['figure', 'value', 'unit', 'bar', 'holds'],
    style: { head: [], border: [] },
  });
  for (const figure of result.figures) {
    const holds = figure.holds === undefined ? '' : figure.holds ? 'yes' : 'NO';
    table.push([figure.name, short(figure.value), figure.unit, figure.bar ?? '', holds]);
  }
  console.log(table.toString());
  for (const note of result.notes ?? []) console.log(note);
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  console.log(JSON.stringify({ bench: result.bench, machine, figures: result.figures }));
}

if (process.argv[1]?.endsWith('run.ts') === true) {
  await main();
  process.exit(0);
}

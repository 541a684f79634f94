import { Presets, SingleBar } from 'cli-progress';
import type { Host } from '../host.js';
import { grouped } from '../counted.js';

/** Tells how far a long command is, on stderr. */
export interface Progress {
  /** `count` things done; `share` (0 to 1) of all, undefined when not known. Cheap: may be called for every thing. */
  update(count: number, share: number | undefined): void;
  stop(): void;
}

const PLAIN_EVERY_MS = 5000;
const BAR_EVERY_MS = 100;
const STEPS = 1000;

const percentText = (share: number | undefined): string =>
  share === undefined ? '' : `${Math.floor(Math.min(1, share) * 100)} %, `;

function plainLines(host: Host, things: string, everyMs: number): Progress {
  const start = host.elapsed();
  let last = start;
  return {
    update(count, share) {
      const now = host.elapsed();
      if (now - last < everyMs) return;
      last = now;
      const rate = Math.round((count / (now - start)) * 1000);
      host.complain(`${percentText(share)}${grouped(count)} ${things}, ${grouped(rate)} a second\n`);
    },
    stop: () => undefined,
  };
}

function bar(host: Host, terminal: NodeJS.WriteStream, things: string): Progress {
  const format = `{bar} {percentage} % | {count} ${things} | {rate} a second`;
  const drawn = new SingleBar(
    // Interrupts are heard by the command, which goes on until what it sent is answered.
    { format, stream: terminal, hideCursor: true, barsize: 30, clearOnComplete: true, gracefulExit: false },
    Presets.shades_classic,
  );
  const start = host.elapsed();
  let last = -Infinity;
  drawn.start(STEPS, 0, { count: '0', rate: '-' });
  return {
    update(count, share) {
      const now = host.elapsed();
      if (now - last < BAR_EVERY_MS) return;
      last = now;
      const rate = grouped(Math.round((count / Math.max(1, now - start)) * 1000));
      drawn.update(Math.floor(Math.min(1, share ?? 0) * STEPS), { count: grouped(count), rate });
    },
    stop: () => drawn.stop(),
  };
}

/** A bar on a terminal, a plain line every few seconds elsewhere, nothing when `quiet`. */
export function createProgress(host: Host, things: string, quiet: boolean): Progress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return host.terminal === undefined
    ? plainLines(host, things, PLAIN_EVERY_MS)
    : bar(host, host.terminal, things);
}

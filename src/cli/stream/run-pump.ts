import { counted } from '../counted.js';
import { CliError, EXIT } from '../exit.js';
import type { Session } from '../session.js';
import { doneShare } from './done-share.js';
import type { LaneProtocol } from './lane.js';
import { createProgress } from './progress.js';
import { pump, type PumpOptions } from './pump.js';

/** How items are sent, and what is done with their answers. */
export type PumpProtocol<Item, Request, Response, Result> = Omit<
  LaneProtocol<Item, Request, Response, Result>,
  'elapsed'
>;

/** What is sent, and how. */
export interface PumpWork<Item, Request, Response, Result> {
  readonly items: AsyncIterable<readonly Item[]>;
  /** How much of the source stands in the items given out, 0 to 1, when that is known. */
  share(): number | undefined;
  readonly protocol: PumpProtocol<Item, Request, Response, Result>;
  /** What progress counts: its name, and how many there are by now. */
  readonly things: string;
  count(): number;
  readonly options: Omit<PumpOptions<Item>, 'stopped' | 'elapsed' | 'sleep'>;
}

/** How it ended. */
export interface PumpEnd {
  readonly ms: number;
  /** A user stopped it: what was sent until then is answered. */
  readonly interrupted: boolean;
  /** What failed, where something did. */
  readonly failure: { readonly error: unknown } | undefined;
}

/** Sends everything through the service, with progress, until its end, an interrupt or a failure. */
export async function runPump<Item, Request, Response, Result>(
  { host, out }: Session,
  work: PumpWork<Item, Request, Response, Result>,
): Promise<PumpEnd> {
  const { protocol } = work;
  const progress = createProgress(host, work.things, out.json);
  const done = doneShare<Item>(() => work.share());
  let interrupted = false;
  const stopListening = host.onInterrupt(() => {
    interrupted = true;
  });
  const counting: LaneProtocol<Item, Request, Response, Result> = {
    ...protocol,
    elapsed: host.elapsed,
    answered(item, result, ms) {
      protocol.answered(item, result, ms);
      done.answered();
      progress.update(work.count(), done.share());
    },
  };
  const start = host.elapsed();
  let failure: PumpEnd['failure'];
  try {
    await pump(done.through(work.items), counting, {
      ...work.options,
      stopped: () => interrupted,
      elapsed: host.elapsed,
      sleep: host.sleep,
    });
  } catch (error) {
    failure = { error };
  } finally {
    stopListening();
    progress.stop();
  }
  return { ms: host.elapsed() - start, interrupted, failure };
}

/** Fails a command that did not come to its end, or of which something was refused: `1 event`, `7 events`. */
export function failUnlessWhole(
  { interrupted }: PumpEnd,
  refused: number,
  ...noun: readonly [one: string, many?: string]
): void {
  if (interrupted) throw new CliError(EXIT.refused, 'INTERRUPTED', 'interrupted before the end');
  if (refused > 0) {
    throw new CliError(
      EXIT.refused,
      'ENTRIES_REFUSED',
      `${counted(refused, ...noun)} refused; see errors above`,
    );
  }
}

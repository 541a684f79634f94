import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileReason } from '../errors/file-reason.js';
import { onInterrupt } from './interrupts.js';

/** What the command has of the machine: the one door of the CLI, so that tests can stand in for it. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The name of the person at the machine; empty when it has none. */
  readonly userName: () => string;
  readonly stdin: AsyncIterable<Buffer | string>;
  /** A terminal: tables may be coloured. */
  readonly stdoutIsTerminal: boolean;
  /** Present when stderr is a terminal: progress bars may be drawn on it. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** Characters in a line of stdout, where it is a terminal. */
  readonly columns: number | undefined;
  readonly print: (text: string) => void;
  /** Resolves when what was printed is on its way, so that much output does not pile up. */
  readonly printed: () => Promise<void>;
  readonly complain: (text: string) => void;
  /** An id that nobody else has. */
  readonly newId: () => string;
  /** Epoch ms. */
  readonly now: () => number;
  /** Milliseconds since some moment, with fractions. */
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Calls back at the first interrupt or request to end; a later one ends the process. Returns how to stop listening. */
  readonly onInterrupt: (callback: () => void) => () => void;
  /** Keeps the process alive, though it only waits for a timer; returns how to let it end. */
  readonly stayAlive: () => () => void;
  /** Ends the process now, whatever is still under way. */
  readonly leave: (exitCode: number) => void;
}

/** The machine this process runs on. */
export function nodeHost(): Host {
  // Whoever reads the output may have had enough of it, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`tollgate: standard output: ${fileReason(error, 'write')}\n`);
    process.exit(1);
  });
  return {
    environment: process.env,
    userName() {
      try {
        return userInfo().username;
      } catch {
        return '';
      }
    },
    // Asked for only when needed: opening it would keep the process alive.
    get stdin() {
      return process.stdin;
    },
    stdoutIsTerminal: process.stdout.isTTY,
    terminal: process.stderr.isTTY ? process.stderr : undefined,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    print: (text) => void process.stdout.write(text),
    printed: () =>
      new Promise((resolve) => {
        process.stdout.write('', () => resolve());
      }),
    complain: (text) => void process.stderr.write(text),
    newId: () => randomUUID(),
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (ms) => wait(ms),
    stayAlive() {
      const timer = setInterval(() => undefined, 60_000);
      return () => clearInterval(timer);
    },
    leave: (exitCode) => process.exit(exitCode),
    onInterrupt(callback) {
      return onInterrupt(
        {
          on: (signal, listener) => process.on(signal, listener),
          off: (signal, listener) => process.off(signal, listener),
          elapsed: () => performance.now(),
          end(exitCode) {
            // A progress bar hides it.
            if (process.stderr.isTTY) process.stderr.write('\u001b[?25h\n');
            process.exit(exitCode);
          },
        },
        callback,
      );
    },
  };
}

import { constants } from 'node:os';

/** Interrupts this soon after the first are the same wish, ms: a terminal, npm and a supervisor all pass it on. */
const SAME_WISH_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Where signals come from, when, and how the process is ended. */
export interface SignalSource {
  readonly on: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown;
  readonly off: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown;
  /** Milliseconds since some moment. */
  readonly elapsed: () => number;
  readonly end: (exitCode: number) => void;
}

/**
 * Calls back at the first interrupt or request to end, so that what is under way can end well. Asked again later, the
 * process ends at once. Returns how to stop listening.
 */
export function onInterrupt(source: SignalSource, callback: () => void): () => void {
  let first: number | undefined;
  const heard = (signal: NodeJS.Signals): void => {
    if (first === undefined) {
      first = source.elapsed();
      callback();
    } else if (source.elapsed() - first >= SAME_WISH_MS) {
      // As a shell tells of a process that a signal ended.
      source.end(128 + constants.signals[signal]);
    }
  };
  for (const signal of SIGNALS) source.on(signal, heard);
  return () => {
    for (const signal of SIGNALS) source.off(signal, heard);
  };
}

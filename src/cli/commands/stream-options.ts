import type { Command } from 'commander';
import { positiveNumber, wholeNumber } from '../arguments.js';

/** Adds the options by which a stream is sent. */
export function addStreamOptions(command: Command): Command {
  return command
    .option(
      '--streams <n>',
      'send over so many streams; what belongs together stays in order',
      wholeNumber(1, 64),
      1,
    )
    .option('--rate <n>', 'payments a second; as fast as they are decided without it', positiveNumber)
    .option('--batch <n>', 'entries in one message, at most 1000', wholeNumber(1, 1000), 64)
    .option('--in-flight <n>', 'entries waiting for their answer', wholeNumber(1), 256);
}

/** The same, parsed. */
export interface StreamFlags {
  readonly streams: number;
  readonly rate?: number;
  readonly batch: number;
  readonly inFlight: number;
}

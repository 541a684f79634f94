import { TollgateError } from '../../errors/errors.js';

/** One entry of a log of exceptions. */
export interface LogEntry<T> {
  /** 1, 2, 3 … without gaps. */
  readonly number: number;
  /** What it is about: entries about the same supersede each other, the highest number counts. */
  readonly ref: string;
  /** When it does not matter to any new decision any more, epoch ms. */
  readonly until: number;
  /** JSON. */
  readonly body: T;
}

/** What rules are excepted from at rest, and who said so: a log that is only ever appended to. */
export interface ExceptionLog<T> {
  /** 'stale' when the newest number is not one less. */
  append(entry: LogEntry<T>): Promise<'added' | 'stale'>;
  /** Those with a number above `after` that matter beyond `at` (epoch ms), oldest first, at most `limit`. */
  since(after: number, at: number, limit: number): Promise<readonly LogEntry<T>[]>;
  /** Those with a number below `before` (undefined: all), newest first, at most `limit`. */
  newest(before: number | undefined, limit: number): Promise<readonly LogEntry<T>[]>;
  /** All that is said about these, oldest first. */
  about(refs: readonly string[]): Promise<readonly LogEntry<T>[]>;
}

/** Of changes at once, one gets through in each try. */
const TRIES = 30;
/** Entries that are followed at a time. */
const BATCH = 500;

/**
 * Appends what `make` gives for the next number; it is asked again when somebody else was first. What it throws ends it.
 */
export async function appendTo<T>(
  log: ExceptionLog<T>,
  make: (number: number) => Promise<Omit<LogEntry<T>, 'number'>>,
): Promise<LogEntry<T>> {
  for (let tries = 1; ; tries++) {
    const [newest] = await log.newest(undefined, 1);
    const number = (newest?.number ?? 0) + 1;
    const entry = { number, ...(await make(number)) };
    if ((await log.append(entry)) === 'added') return entry;
    if (tries === TRIES) throw new TollgateError('STALE_ETAG', 'others keep changing exceptions; try again');
  }
}

/**
 * Gives back a step that hands on what was appended since the last, or an empty list. Steps wait for each other, so that
 * an older reading never undoes a newer one.
 */
export function followLog<T>(
  log: ExceptionLog<T>,
  now: () => number,
  take: (entries: readonly LogEntry<T>[]) => void,
): () => Promise<void> {
  let seen = 0;
  let last: Promise<void> = Promise.resolve();
  const step = async (): Promise<void> => {
    let entries: readonly LogEntry<T>[];
    do {
      entries = await log.since(seen, now(), BATCH);
      seen = Math.max(seen, entries.at(-1)?.number ?? 0);
      take(entries);
    } while (entries.length === BATCH);
  };
  return () => (last = last.catch(() => undefined).then(step));
}

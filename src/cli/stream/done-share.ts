/** How much of a file or another source is done with, for a progress bar. */
export interface DoneShare<T> {
  /** Passes everything on, and counts it. */
  through(parts: AsyncIterable<readonly T[]>): AsyncGenerator<readonly T[]>;
  /** One thing more is answered. */
  answered(): void;
  /** 0 to 1, never less than before; undefined when it cannot be known. */
  share(): number | undefined;
}

/** `taken` tells how much of the source, 0 to 1, stands in what was passed on; what is not answered is not done. */
export function doneShare<T>(taken: () => number | undefined): DoneShare<T> {
  let passed = 0;
  let answered = 0;
  let most = 0;
  return {
    async *through(parts) {
      for await (const part of parts) {
        passed += part.length;
        yield part;
      }
    },
    answered: () => void answered++,
    share() {
      const share = taken();
      if (share === undefined) return undefined;
      most = Math.max(most, (share * answered) / Math.max(1, passed));
      return most;
    },
  };
}

/** A source is over at its end or at a limit of things, whichever comes first. */
export function shareWithin(
  share: number | undefined,
  things: number,
  limit: number | undefined,
): number | undefined {
  return limit === undefined ? share : Math.max(share ?? 0, things / limit);
}

/** What was asked for last of a key; none of it ever rejects. */
interface Line {
  /** What had the key for itself last has ended. */
  readonly alone: Promise<unknown> | undefined;
  /** What came together since then has begun. */
  readonly begun: Promise<unknown> | undefined;
  /** And all of that has ended. */
  readonly ended: Promise<unknown> | undefined;
}

const NOBODY: Line = { alone: undefined, begun: undefined, ended: undefined };

/** Work in turns, by key: it begins in the order in which it is asked for, where it concerns the same key. */
export class KeyedTurns {
  readonly #lines: Map<string, Line>;

  /** Keeps in `lines` what is under way; a key leaves it with the last work that concerns it. */
  constructor(lines = new Map<string, Line>()) {
    this.#lines = lines;
  }

  /** Does the work as soon as all has ended, well or badly, that was asked for before and shares a key with it. */
  alone<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => {
      const { alone, ended } = this.#lines.get(key) ?? NOBODY;
      return present(alone, ended);
    });
    const done = Promise.all(before).then(work);
    const end = done.catch(() => undefined);
    for (const key of keys) this.#follow(key, { alone: end, begun: undefined, ended: undefined }, end);
    return done;
  }

  /** Does the work beside other such work that shares a key with it, after it has begun; with the rest it takes turns. */
  together<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const lines = keys.map((key) => this.#lines.get(key) ?? NOBODY);
    let done: Promise<T> | undefined;
    const before = lines.flatMap(({ alone, begun: earlier }) => present(alone, earlier));
    const begun = Promise.all(before).then(() => {
      done = begin(work);
      done.catch(() => undefined);
    });
    const result = begun.then(() => done as Promise<T>);
    const end = result.catch(() => undefined);
    for (const [place, key] of keys.entries()) {
      const { alone, ended: earlier } = lines[place] ?? NOBODY;
      // Not what they gave: of a key that is never free that would be kept for ever.
      const ended = Promise.all(present(earlier, end)).then(() => undefined);
      this.#follow(key, { alone, begun, ended }, ended);
    }
    return result;
  }

  #follow(key: string, line: Line, end: Promise<unknown>): void {
    this.#lines.set(key, line);
    void end.then(() => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
  }
}

async function begin<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}

function present(...promises: readonly (Promise<unknown> | undefined)[]): Promise<unknown>[] {
  return promises.filter((promise) => promise !== undefined);
}

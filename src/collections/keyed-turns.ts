/** What was asked for last of a key; none of it ever rejects. */
interface Line {
  /** Those of one group come together; undefined for one that has the key for itself. */
  readonly group: string | undefined;
  /** What was asked for before the group has ended. */
  readonly before: Promise<unknown> | undefined;
  /** What came together since then has begun. */
  readonly begun: Promise<unknown>;
  /** And all of that has ended. */
  readonly ended: Promise<unknown>;
}

/** Work in turns, by key: it begins in the order in which it is asked for, where it concerns the same key. */
export class KeyedTurns {
  readonly #lines: Map<string, Line>;

  /** Keeps in `lines` what is under way; a key leaves it with the last work that concerns it. */
  constructor(lines = new Map<string, Line>()) {
    this.#lines = lines;
  }

  /** Does the work as soon as all has ended, well or badly, that was asked for before and shares a key with it. */
  alone<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.#take(undefined, keys, work);
  }

  /**
   * Does the work beside what else of this group shares a key with it, after that has begun; with the rest it takes
   * turns.
   */
  together<T>(group: string, keys: readonly string[], work: () => Promise<T>): Promise<T> {
    return this.#take(group, keys, work);
  }

  #take<T>(group: string | undefined, keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const lines = keys.map((key) => this.#lines.get(key));
    const joins = (line: Line | undefined): boolean => group !== undefined && line?.group === group;
    let done: Promise<T> | undefined;
    const waited = lines.flatMap((line) => [line?.before, joins(line) ? line?.begun : line?.ended]);
    const begun = Promise.all(present(waited)).then(() => {
      done = begin(work);
      done.catch(() => undefined);
    });
    const result = begun.then(() => done as Promise<T>);
    const end = result.catch(() => undefined);
    for (const [place, key] of keys.entries()) {
      const line = lines[place];
      const joined = joins(line);
      // Not what they gave: of a key that is never free that would be kept for ever.
      const ended = Promise.all(present([joined ? line?.ended : undefined, end])).then(() => undefined);
      this.#follow(key, { group, before: joined ? line?.before : line?.ended, begun, ended });
    }
    return result;
  }

  #follow(key: string, line: Line): void {
    this.#lines.set(key, line);
    void line.ended.then(() => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
  }
}

async function begin<T>(work: () => Promise<T>): Promise<T> {
  return await work();
}

function present(promises: readonly (Promise<unknown> | undefined)[]): Promise<unknown>[] {
  return promises.filter((promise) => promise !== undefined);
}

/** Lines that entries of a file begin on, for entries in the order of the file: one number wherever lines are left out. */
export class LinePlaces {
  /** Entries from which on the distance to their line is another, and that distance. */
  readonly #from: number[] = [];
  readonly #distance: number[] = [];
  #count = 0;

  /** The next entry begins on this line; the first is number 1. */
  add(line: number): void {
    this.#count += 1;
    const distance = line - this.#count;
    if (distance === (this.#distance.at(-1) ?? 0)) return;
    this.#from.push(this.#count);
    this.#distance.push(distance);
  }

  /** The line of an entry; 1 is the first. */
  lineOf(entry: number): number {
    let low = 0;
    let high = this.#from.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#from[middle] ?? 0) <= entry) low = middle + 1;
      else high = middle;
    }
    return entry + (this.#distance[low - 1] ?? 0);
  }
}

/** Doubles per slab, which is what memory is taken in: a MiB. */
const SLAB_BITS = 17;
const SLAB = 2 ** SLAB_BITS;
/** Doubles per page: all blocks of a page have one size. */
const PAGE_BITS = 13;
const PAGE = 2 ** PAGE_BITS;
/** Largest block, doubles. */
export const LARGEST_BLOCK = PAGE / 4;

/** Four sizes to every doubling: what a block is larger than asked for is a fifth at most. */
const SIZES: readonly number[] = sizes();
/** By doubles asked for: the place of the smallest size that will do. */
const SIZE_OF = sizeTable();

interface Page {
  /** Doubles per block. */
  size: number;
  /** Blocks in use. */
  live: number;
  /** Where the part begins that was never used. */
  unused: number;
  readonly end: number;
  /** First of the blocks given back; each holds the next; 0: none. */
  free: number;
  /** Neighbours among the pages of this size that have room. */
  older: Page | undefined;
  newer: Page | undefined;
}

/**
 * Many short runs of doubles in few large arrays: the garbage collector never looks at them, and nothing is allocated
 * for one. A block is known by its place, a whole number above 0. A page without blocks serves any size again.
 */
export class RowBlocks {
  readonly #slabs: Float64Array[] = [];
  readonly #pages: Page[] = [];
  readonly #empty: Page[] = [];
  /** By size: a page that has room. */
  readonly #open: (Page | undefined)[] = SIZES.map(() => undefined);

  /** The array a block is in. */
  slab(block: number): Float64Array {
    const slab = this.#slabs[block >>> SLAB_BITS];
    if (slab === undefined) throw new RangeError('no such block');
    return slab;
  }

  /** Where in its array a block begins. */
  start(block: number): number {
    return block & (SLAB - 1);
  }

  /** Doubles that a block has room for. */
  room(block: number): number {
    return this.#pageOf(block).size;
  }

  /** A block for so many doubles, LARGEST_BLOCK at most; what is in it is left over from before. */
  take(doubles: number): number {
    const place = SIZE_OF[doubles];
    if (place === undefined) throw new RangeError(`no block has ${doubles} doubles`);
    const page = this.#open[place] ?? this.#openPage(place);
    let block = page.free;
    if (block === 0) {
      block = page.unused;
      page.unused += page.size;
    } else {
      page.free = this.slab(block)[this.start(block)] ?? 0;
    }
    page.live++;
    if (isFull(page)) this.#close(page, place);
    return block;
  }

  /** Gives a block back. */
  release(block: number): void {
    const page = this.#pageOf(block);
    const place = SIZE_OF[page.size] ?? 0;
    const wasFull = isFull(page);
    page.live--;
    if (page.live === 0) {
      if (!wasFull) this.#close(page, place);
      this.#empty.push(page);
      return;
    }
    this.slab(block)[this.start(block)] = page.free;
    page.free = block;
    if (wasFull) this.#link(page, place);
  }

  #pageOf(block: number): Page {
    const page = this.#pages[block >>> PAGE_BITS];
    if (page === undefined) throw new RangeError('no such block');
    return page;
  }

  #openPage(place: number): Page {
    if (this.#empty.length === 0) this.#addSlab();
    const page = this.#empty.pop();
    if (page === undefined) throw new Error('a new slab has pages');
    page.size = SIZES[place] ?? 0;
    page.unused = page.end - PAGE;
    // No block is known by 0.
    if (page.unused === 0) page.unused = page.size;
    page.free = 0;
    this.#link(page, place);
    return page;
  }

  #addSlab(): void {
    const first = this.#slabs.length * SLAB;
    this.#slabs.push(new Float64Array(SLAB));
    for (let end = first + PAGE; end <= first + SLAB; end += PAGE) {
      const page: Page = { size: 0, live: 0, unused: 0, end, free: 0, older: undefined, newer: undefined };
      this.#pages.push(page);
      this.#empty.push(page);
    }
  }

  #link(page: Page, place: number): void {
    const other = this.#open[place];
    page.older = other;
    page.newer = undefined;
    if (other !== undefined) other.newer = page;
    this.#open[place] = page;
  }

  #close(page: Page, place: number): void {
    if (page.older !== undefined) page.older.newer = page.newer;
    if (page.newer !== undefined) page.newer.older = page.older;
    else this.#open[place] = page.older;
    page.older = undefined;
    page.newer = undefined;
  }
}

function isFull(page: Page): boolean {
  return page.free === 0 && page.unused + page.size > page.end;
}

function sizes(): number[] {
  const found: number[] = [];
  for (let base = 4; base < LARGEST_BLOCK; base *= 2)
    for (let quarter = 4; quarter < 8; quarter++) found.push((base * quarter) / 4);
  return [...found, LARGEST_BLOCK];
}

function sizeTable(): Uint8Array {
  const table = new Uint8Array(LARGEST_BLOCK + 1);
  let place = 0;
  for (let doubles = 0; doubles <= LARGEST_BLOCK; doubles++) {
    if (doubles > (SIZES[place] ?? 0)) place++;
    table[doubles] = place;
  }
  return table;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult, Figure } from './run.js';
import type { Journal, JournalEntry } from '../src/decisions/ports.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../src/world/real-world.js';
import { T0, entry, keyOf } from '../test/storage/contract/entries.js';

const IN_FLIGHT = 2;

/** What the embedded store takes by itself: appends by batch size, cold reads, and what they cost the main thread. */
export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const rows = Number(args[0] ?? 24_000);
  const figures: Figure[] = [];
  for (const batch of [1, 16, 64, 256])
    figures.push(...(await appends(batch, batch === 1 ? rows / 12 : rows)));
  figures.push(...(await coldReads()));
  const notes = [
    'Two batches are on their way at once. An entry has eight keys and 1.2 kB beside its event.',
  ];
  return { bench: 'store', figures, notes };
}

/** A payment with eight keys, most of them new, and a payload of 1.2 kB. */
function payment(seq: number): JournalEntry {
  return entry({
    log: 1,
    seq,
    payload: 1200,
    site: `site-${seq % 27}`,
    values: {
      card: `c${Math.floor(seq / 3)}`,
      email: `e${Math.floor(seq / 3)}`,
      order: `o${seq}`,
      device: `d${Math.floor(seq / 2)}`,
      ip: `i${Math.floor(seq / 5)}`,
      bin: `b${seq % 500}`,
      merchant: `m${seq % 40}`,
    },
  });
}

async function withJournal<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const store = await openSqliteStore({ file: join(directory, 'store.db'), world: REAL_WORLD });
  try {
    return await work(store.journal);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

function appends(size: number, rows: number): Promise<Figure[]> {
  return withJournal(async (journal) => {
    const batches: JournalEntry[][] = [];
    for (let seq = 1; seq <= rows; seq += size) {
      batches.push(Array.from({ length: size }, (_, index) => payment(seq + index)));
    }
    const waits: number[] = [];
    let next = 0;
    let busyUs = 0;
    const lane = async (): Promise<void> => {
      for (;;) {
        const batch = batches[next++];
        if (!batch) return;
        const start = performance.now();
        const appended = journal.append(batch);
        busyUs += (performance.now() - start) * 1000;
        await appended;
        waits.push(performance.now() - start);
      }
    };
    const start = performance.now();
    const loop = performance.eventLoopUtilization();
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const seconds = (performance.now() - start) / 1000;
    const active = performance.eventLoopUtilization(loop).active * 1000;
    waits.sort((a, b) => a - b);
    const at = (share: number): number => waits[Math.floor((waits.length - 1) * share)] ?? 0;
    return [
      {
        name: `append, batches of ${size}`,
        value: Math.round(rows / seconds),
        unit: 'entries/s',
        ...(size === 64 ? { bar: '>= 12000', holds: rows / seconds >= 12_000 } : {}),
      },
      { name: `append, batches of ${size}, p50`, value: at(0.5), unit: 'ms' },
      { name: `append, batches of ${size}, p99`, value: at(0.99), unit: 'ms' },
      { name: `append, batches of ${size}, worst`, value: at(1), unit: 'ms' },
      { name: `append, batches of ${size}, packing`, value: busyUs / rows, unit: 'us/entry' },
      {
        name: `append, batches of ${size}, main thread`,
        value: active / rows,
        unit: 'us/entry',
        ...(size === 64 ? { bar: '<= 15', holds: active / rows <= 15 } : {}),
      },
    ];
  });
}

function coldReads(): Promise<Figure[]> {
  return withJournal(async (journal) => {
    const entries = 60_000;
    for (let seq = 1; seq <= entries; seq += 500) {
      await journal.append(Array.from({ length: 500 }, (_, index) => payment(seq + index)));
    }
    const time = async (
      name: string,
      keys: (round: number) => readonly number[],
      from = -Infinity,
    ): Promise<Figure> => {
      const rounds = 200;
      let read = 0;
      const start = performance.now();
      for (let round = 0; round < rounds; round++) {
        const ranges = keys(round).map((key) => ({ key, from }));
        read += ranges.length;
        await journal.query({ ids: [], ranges, seen: new Map() });
      }
      return { name, value: ((performance.now() - start) * 1000) / read, unit: 'us/key' };
    };
    const unknown = (round: number): number[] =>
      Array.from({ length: 64 }, (_, index) => keyOf('card', `nobody${round}/${index}`));
    const known = (round: number): number[] =>
      Array.from({ length: 64 }, (_, index) => keyOf('card', `c${(round * 977 + index * 131) % 20_000}`));
    return [
      await time('cold read of an unknown key', unknown),
      await time('cold read of a key with three entries', known),
      await time('the same, by a window that ended before', known, T0 + 1e12),
      await hot(journal),
    ];
  });
}

async function hot(journal: Journal): Promise<Figure> {
  const start = performance.now();
  const answer = await journal.query({
    ids: [],
    ranges: [{ key: keyOf('site', 'site-1'), from: -Infinity }],
    seen: new Map(),
  });
  const count = answer.ranges[0]?.length ?? 1;
  return {
    name: 'read of a busy key',
    value: ((performance.now() - start) * 1000) / count,
    unit: 'us/event',
  };
}

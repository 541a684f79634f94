import type { IndexStorage } from '../../key-index/key-index.js';
import { openSlab } from '../../key-index/run.js';
import type { Run } from '../../key-index/run.js';
import type { Database } from '../database.js';
import type { Segments } from './segments.js';

/** Blocks and slabs of a run are numbered from run x 2^24. */
const RUN_STRIDE = 2 ** 24;

/** The key index in its tables. */
export function indexStorage(db: Database, segments: Segments): IndexStorage {
  const writeBlock = db.prepare('INSERT INTO key_blocks (id, bytes) VALUES (?, ?)');
  const readBlock = db.prepare('SELECT bytes FROM key_blocks WHERE id = ?');
  const writeSlab = db.prepare('INSERT INTO key_slabs (id, bytes) VALUES (?, ?)');
  const addRun = db.prepare(
    'INSERT INTO key_runs (run, level, first_seq, last_seq, blocks) VALUES (?, ?, ?, ?, ?)',
  );
  const dropRun = db.prepare('DELETE FROM key_runs WHERE run = ?');
  const dropBlocks = db.prepare('DELETE FROM key_blocks WHERE id >= ? AND id < ?');
  const dropSlabs = db.prepare('DELETE FROM key_slabs WHERE id >= ? AND id < ?');
  const makeKnown = (run: Run): void =>
    void addRun.run(run.id, run.level, run.firstSeq, run.lastSeq, run.blocks);
  return {
    writeBlock: (run, block, bytes) => {
      db.unwritten += bytes.length;
      writeBlock.run(run * RUN_STRIDE + block, bytes);
    },
    readBlock: (run, block) => {
      const bytes = readBlock.get(run * RUN_STRIDE + block)?.[0];
      if (!(bytes instanceof Uint8Array)) throw new Error(`block ${block} of run ${run} is missing`);
      return bytes;
    },
    writeSlab: (run, slab, bytes) => void writeSlab.run(run * RUN_STRIDE + slab, bytes),
    sealed: (run) => {
      makeKnown(run);
      segments.save(run.firstSeq, run.lastSeq);
    },
    merged: (run, replaced) => {
      makeKnown(run);
      for (const one of replaced) dropRun.run(one.id);
    },
    deleteBlocks: (run, from, to, last) => {
      const start = run * RUN_STRIDE;
      dropBlocks.run(start + from, last ? start + RUN_STRIDE : start + to);
      if (last) dropSlabs.run(start, start + RUN_STRIDE);
    },
  };
}

/** Runs as they are stored, and what is left over of others that were being written or removed. */
export function loadRuns(db: Database): { runs: Run[]; nextRun: number; leftOver: number[] } {
  const runs: Run[] = [];
  const slabsOf = db.prepare('SELECT bytes FROM key_slabs WHERE id >= ? AND id < ? ORDER BY id');
  for (const row of db.prepare('SELECT run, level, first_seq, last_seq, blocks FROM key_runs').all()) {
    const [id = 0, level = 0, firstSeq = 0, lastSeq = 0, blocks = 0] = row.map(Number);
    const slabs = slabsOf
      .all(id * RUN_STRIDE, (id + 1) * RUN_STRIDE)
      .map(([bytes]) => openSlab(bytes as Uint8Array));
    runs.push({ id, level, firstSeq, lastSeq, blocks, slabs });
  }
  const known = new Set(runs.map(({ id }) => id));
  const leftOver = new Set<number>();
  let highest = Math.max(0, ...known);
  for (const table of ['key_blocks', 'key_slabs']) {
    const next = db.prepare(`SELECT id FROM ${table} WHERE id >= ? ORDER BY id LIMIT 1`);
    for (let from = 0; ;) {
      const id = next.get(from)?.[0];
      if (typeof id !== 'number') break;
      const run = Math.floor(id / RUN_STRIDE);
      if (!known.has(run)) leftOver.add(run);
      highest = Math.max(highest, run);
      from = (run + 1) * RUN_STRIDE;
    }
  }
  return { runs, nextRun: highest + 1, leftOver: [...leftOver] };
}

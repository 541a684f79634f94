/*
 * Entry file of the thread that owns the database: may use timers. It takes requests from the main thread and answers
 * them; see wire.ts for the messages.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Request, Response, WorkerSettings } from './wire.js';
import { Database } from './worker/database.js';
import { Dispatcher } from './worker/dispatcher.js';
import { failureText } from './worker/failure.js';
import { WorkerJournal } from './worker/journal/journal.js';
import { operations } from './worker/operations.js';
import { WrongFile } from './wrong-file.js';
import { messageOf } from '../../errors/error-text.js';

/** Commits after which the write-ahead log, of some 16 kB for each, is written back whatever is in it. */
const MANY_COMMITS = 2_000;

function start(port: MessagePort, settings: WorkerSettings): void {
  const post = (response: Response, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(response, transfer);
  let db: Database;
  try {
    db = new Database(settings);
  } catch (error) {
    post({ refused: messageOf(error), wrongFile: error instanceof WrongFile });
    port.close();
    return;
  }
  const end = (): void => {
    try {
      db.close();
    } finally {
      port.close();
    }
  };
  const die = (error: unknown): void => {
    try {
      db.close();
    } catch {
      // Why it has to be closed is what matters.
    }
    post({ refused: failureText(error) });
    port.close();
  };
  const dispatcher = new Dispatcher(db, post, setImmediate, die);
  let journal: WorkerJournal;
  try {
    journal = new WorkerJournal(db, dispatcher.context);
    post({ opened: { hashKey: db.hashKey(settings.hashKey), lastSeq: journal.lastSeq } });
  } catch (error) {
    dispatcher.stop(error);
    die(error);
    return;
  }
  dispatcher.serve(operations(db, journal, dispatcher, end));
  dispatcher.urgency = () => 1 + 8 * Math.max(0, journal.index.waiting - 1);
  dispatcher.afterTurn = () => {
    // Small commits write the same pages again and again: many of them are still little to write back.
    const due = Math.max(db.unwritten / settings.checkpointBytes, db.commits / MANY_COMMITS);
    if (due > 1) db.checkpoint();
  };
  port.on('message', (request: Request) => dispatcher.receive(request));
}

if (parentPort) start(parentPort, workerData as WorkerSettings);

/*
 * Entry file of the thread that owns the database: may use timers. It takes requests from the main thread and answers
 * them; see wire.ts for the messages.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Request, Response, WorkerSettings } from './wire.js';
import { Database } from './worker/database.js';
import { Dispatcher } from './worker/dispatcher.js';
import { WorkerJournal } from './worker/journal.js';
import { operations } from './worker/operations.js';

/** Bytes of the log written back in one go when nothing waits; at four times as many it is done in any case. */
function start(port: MessagePort, settings: WorkerSettings): void {
  const post = (response: Response, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(response, transfer);
  let db: Database;
  try {
    db = new Database(settings);
  } catch (error) {
    post({ refused: error instanceof Error ? error.message : String(error) });
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
  const dispatcher = new Dispatcher(db, post, setImmediate, end);
  const journal = new WorkerJournal(db, dispatcher.context);
  dispatcher.serve(operations(db, journal, dispatcher, end));
  dispatcher.urgency = () => 1 + 8 * Math.max(0, journal.index.waiting - 1);
  dispatcher.afterTurn = (idle) => {
    const { unwritten } = db;
    if (unwritten > settings.checkpointBytes * 4 || (idle && unwritten > settings.checkpointBytes))
      db.checkpoint();
  };
  port.on('message', (request: Request) => dispatcher.receive(request));
  post({ opened: { hashKey: db.hashKey(settings.hashKey), lastSeq: journal.lastSeq } });
}

if (parentPort) start(parentPort, workerData as WorkerSettings);

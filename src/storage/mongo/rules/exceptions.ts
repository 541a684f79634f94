import type { Collection } from 'mongodb';
import type { ExceptionLog, LogEntry } from '../../../rules/exceptions/exception-log.js';
import type { Connection } from '../connection.js';
import { COLLECTIONS } from '../indexes.js';
import { inserted } from './inserted.js';

interface EntryDocument {
  /** Log and number: of those who append at once exactly one gets in. */
  readonly _id: string;
  readonly log: string;
  readonly number: number;
  readonly ref: string;
  readonly until: number;
  readonly json: string;
}

/** One log of exceptions; `name` keeps it apart from others. */
export function mongoExceptions<T>(connection: Connection, name: string): ExceptionLog<T> {
  const collection: Collection<EntryDocument> = connection.collection(COLLECTIONS.exceptions);

  async function newest(before: number | undefined, limit: number): Promise<readonly LogEntry<T>[]> {
    const filter = before === undefined ? { log: name } : { log: name, number: { $lt: before } };
    const found = await connection.run(() =>
      collection.find(filter).sort({ number: -1 }).limit(limit).toArray(),
    );
    return found.map(entryOf<T>);
  }

  return {
    async append({ number, ref, until, body }) {
      const [latest] = await newest(undefined, 1);
      if ((latest?.number ?? 0) !== number - 1) return 'stale';
      const document = {
        _id: `${name}/${number}`,
        log: name,
        number,
        ref,
        until,
        json: JSON.stringify(body),
      };
      if (await inserted(connection, () => collection.insertOne(document))) return 'added';
      // What could not be told whether it was stored is asked for again, and finds itself.
      const there = await connection.run(() => collection.findOne({ _id: document._id }));
      return there?.ref === ref && there.json === document.json ? 'added' : 'stale';
    },

    async since(after, at, limit) {
      const filter = { log: name, number: { $gt: after }, until: { $gt: at } };
      const found = await connection.run(() =>
        collection.find(filter).sort({ number: 1 }).limit(limit).toArray(),
      );
      return found.map(entryOf<T>);
    },

    newest,

    async about(refs) {
      const filter = { log: name, ref: { $in: [...refs] } };
      const found = await connection.run(() => collection.find(filter).sort({ number: 1 }).toArray());
      return found.map(entryOf<T>);
    },
  };
}

function entryOf<T>({ number, ref, until, json }: EntryDocument): LogEntry<T> {
  return { number, ref, until, body: JSON.parse(json) as T };
}

import type { Connection } from '../connection.js';
import { isDuplicateKey } from '../errors.js';

/** Inserts; false when a unique index says that it is taken. */
export function inserted(connection: Connection, insert: () => Promise<unknown>): Promise<boolean> {
  return connection.run(async () => {
    try {
      await insert();
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  });
}

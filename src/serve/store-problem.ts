import { ConfigProblem } from '../config/config.js';
import { TollgateError } from '../errors/errors.js';

/** What is thrown where waiting does not mend it: by the MongoDB driver for its URI, the last two by us. */
const WRONG_STORE: ReadonlySet<string> = new Set([
  'MongoParseError',
  'MongoInvalidArgumentError',
  'MongoAPIError',
  'MongoRuntimeError',
  'MongoMissingCredentialsError',
  'BadAddress',
  'WrongFile',
]);

/** The error of a store that could not be opened, naming it; `store` is its address without password. */
export function storeProblem(store: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ConfigProblem) return error;
  // A start may say what calls later must not: the driver's own words, which hold no secrets.
  const words = error.cause instanceof Error ? error.cause.message : error.message;
  const message = `cannot open the store ${store}: ${words.replace(/^store unavailable: /, '')}`;
  if (error instanceof TollgateError) return new TollgateError(error.code, message, { cause: error });
  if (WRONG_STORE.has(error.name)) return new ConfigProblem(message, { cause: error });
  return new Error(message, { cause: error });
}

import {
  MongoBulkWriteError,
  MongoNetworkError,
  MongoNetworkTimeoutError,
  MongoServerError,
  type BulkWriteResult,
} from 'mongodb';
import { expect, test } from 'vitest';
import { storeReason } from '../../../src/errors/store-unavailable.js';
import { isConnectionLoss, onlyDuplicates, toStoreError } from '../../../src/storage/mongo/errors.js';

const denied = new MongoServerError({
  message: 'Authentication failed.',
  code: 18,
  codeName: 'AuthenticationFailed',
});
const taken = new MongoServerError({
  message: 'E11000 duplicate key error: { v: "ana@example.com" }',
  code: 11_000,
  codeName: 'DuplicateKey',
});
const lost = new MongoNetworkError('connect ECONNREFUSED 10.0.0.7:27017');
const silent = new MongoNetworkTimeoutError('connection 7 to 10.0.0.7:27017 timed out');

test.each([denied, taken, lost, silent])(
  'callers are told of a store in no word of its driver: %s',
  (error) => {
    const told = toStoreError(error);
    expect(told).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: error });
    expect((told as Error).message).toMatch(/^store unavailable: it (is away|refused a step)$/);
  },
);

test.each([
  Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }),
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' }),
  Object.assign(new Error('a stream was destroyed'), { code: 'ERR_STREAM_DESTROYED' }),
])(
  'a socket that breaks in the middle of a write, which the driver hands on as it is, is a loss: %s',
  (error) => {
    expect(isConnectionLoss(error)).toBe(true);
    expect(toStoreError(error)).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: error });
  },
);

test('one connection that is silent is no loss of the server', () => {
  expect(isConnectionLoss(silent)).toBe(false);
  expect(isConnectionLoss(lost)).toBe(true);
});

test.each([
  [lost, true],
  [silent, false],
  [new MongoServerError({ message: 'not primary', code: 10_107 }), true],
  [new MongoServerError({ message: 'operation exceeded time limit', code: 50 }), false],
])('many writes that ended badly are judged by what ended them: %s', (error, loss) => {
  const result = { getWriteConcernError: () => undefined } as BulkWriteResult;
  const many = new MongoBulkWriteError(error, result);
  expect(isConnectionLoss(many)).toBe(loss);
  // None was refused as a duplicate, and what became of them is open.
  expect(onlyDuplicates(many)).toBe(false);
});

test('a mistake of ours stays one', () => {
  const mistake = new TypeError('x is not a function');
  expect(isConnectionLoss(mistake)).toBe(false);
  expect(toStoreError(mistake)).toBe(mistake);
});

test('the log is told why, but nothing that is stored', () => {
  expect(storeReason(toStoreError(denied))).toBe(
    'store unavailable: it refused a step (MongoServerError 18 AuthenticationFailed)',
  );
  expect(storeReason(toStoreError(taken))).not.toContain('ana@example.com');
  expect(storeReason(toStoreError(lost))).toContain('ECONNREFUSED 10.0.0.7:27017');
});

import { MongoServerError } from 'mongodb';
import { expect, it } from 'vitest';
import { logText, messageOf } from '../../src/errors/error-text.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';

const refused = new MongoServerError({
  message: 'dup key: { email: "ana@x.org" }',
  code: 11_000,
  codeName: 'Dup',
});

it('says what an error says, whatever was thrown', () => {
  expect(messageOf(new Error('broken'))).toBe('broken');
  expect(messageOf('broken')).toBe('broken');
});

it('logs an error with its stack, and those of its causes', () => {
  const cause = new RangeError('too far');
  const text = logText(new Error('broken', { cause: new Error('half-way', { cause }) }));
  expect(text).toMatch(
    /^Error: broken\n +at .*error-text\.test\.ts[^]*\ncaused by Error: half-way\n +at [^]*\ncaused by RangeError: too far\n +at /,
  );
});

it('ends where causes go round', () => {
  const error = new Error('broken');
  error.cause = error;
  expect(logText(error).split('caused by').length).toBeLessThan(10);
});

it('never logs what a database server quotes, only where it was met', () => {
  for (const error of [
    refused,
    new Error('a bug', { cause: refused }),
    storeUnavailable('refused', refused),
  ]) {
    expect(logText(error)).not.toContain('ana@x.org');
    expect(logText(error)).toContain('MongoServerError 11000 Dup');
  }
  expect(logText(refused)).toMatch(/^MongoServerError 11000 Dup\n +at /);
});

it('tells in one line that a store is away, and why', () => {
  const error = storeUnavailable('it is away', new Error('connect ECONNREFUSED'));
  expect(logText(error)).toBe('store unavailable: it is away (connect ECONNREFUSED)');
});

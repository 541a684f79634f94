import { expect, it } from 'vitest';
import { failureText, toCliError } from '../../src/cli/failure.js';
import { TollgateError } from '../../src/errors/errors.js';

const violations = [
  { field: 'list.id', description: 'is required' },
  { field: 'list.type', description: 'is required' },
];

it('names the fields at fault, and how many more there are', () => {
  const metadata = { violations_total: '1500' };
  const error = new TollgateError('INVALID_REQUEST', 'list.id: is required (and 1499 more)', {
    violations,
    metadata,
  });
  expect(failureText(toCliError(error, ''))).toBe(
    [
      'tollgate: list.id: is required (and 1499 more) (INVALID_REQUEST)',
      '  list.id: is required',
      '  list.type: is required',
      '  and 1,498 more fields at fault',
      '',
    ].join('\n'),
  );
});

it('says once what is all', () => {
  const [violation] = violations;
  const error = new TollgateError('INVALID_REQUEST', 'list.id: is required', {
    violations: violation === undefined ? [] : [violation],
  });
  expect(failureText(toCliError(error, ''))).toBe('tollgate: list.id: is required (INVALID_REQUEST)\n');
});

it('says of a call that was cut off who did that, and that trying again may help', () => {
  const error = toCliError(new TollgateError('CANCELLED', 'the call was cancelled'), '127.0.0.1:50051');
  expect(error).toMatchObject({ exitCode: 3, code: 'CUT_OFF' });
  expect(failureText(error)).toBe('tollgate: Tollgate at 127.0.0.1:50051 ended the call before its answer\n');
});

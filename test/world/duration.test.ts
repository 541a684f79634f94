import { expect, it } from 'vitest';
import { durationMs, durationText } from '../../src/world/duration.js';

it.each(['0s', '1s', '90s', '15m', '25h', '1d', '366d'])('%s is written as it is read', (text) => {
  expect(durationText(durationMs(text) ?? Number.NaN)).toBe(text);
});

it('takes the largest unit that fits', () => {
  expect(durationText(86_400_000)).toBe('1d');
  expect(durationText(60_000)).toBe('1m');
  expect(durationText(1_500)).toBe('1.5s');
});

it.each(['', '15', '15 m', '1w', '-1s', '1.5h'])("'%s' is no duration", (text) => {
  expect(durationMs(text)).toBeUndefined();
});

import { expect, it } from 'vitest';
import { dateOf } from '../../src/world/date-text.js';

it.each(['2026-02-28', '2024-02-29', '2026-12-31T23:59:59Z', '2000-02-29T10:00:00+02:00', '0001-01-01'])(
  '%s is read as Date.parse reads it',
  (text) => {
    expect(dateOf(text)).toBe(Date.parse(text));
  },
);

it.each(['2026-02-29', '2026-02-30T10:00:00Z', '2026-04-31', '1900-02-29', '2026-13-01', 'soon', ''])(
  "'%s' is no date",
  (text) => {
    expect(dateOf(text)).toBeNaN();
  },
);

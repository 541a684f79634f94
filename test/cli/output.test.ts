import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/cli/host.js';
import { createOutput, type Output } from '../../src/cli/output.js';

/** What is printed on a terminal of so many columns; undefined: not a terminal. */
function printed(columns: number | undefined, write: (out: Output) => void, colour = false): string {
  let text = '';
  const print = (more: string): void => void (text += more);
  const host = { environment: {}, stdoutIsTerminal: colour, columns, print } as unknown as Host;
  write(createOutput(host, false));
  return text;
}

const rows = [
  ['a', 'few words'],
  ['b', 'so many words that the line of them all is longer than the terminal is wide'],
];

describe('a wrapped line', () => {
  it('goes on two characters further in than it began, and is whole where there is room', () => {
    const write = (out: Output): void => out.wrapped('  a line of some length');
    expect(printed(undefined, write)).toBe('  a line of some length\n');
    expect(printed(14, write)).toBe('  a line of\n    some\n    length\n');
  });

  it('breaks no word, however long, and does not count colours', () => {
    expect(printed(8, (out) => out.wrapped('a 0123456789 b'))).toBe('a\n  0123456789\n  b\n');
    expect(printed(8, (out) => out.wrapped(`${out.paint('red', 'abc')} defg`), true)).toBe(
      '\u001b[31mabc\u001b[0m defg\n',
    );
  });
});

describe('a table', () => {
  it('has the long texts of its last column broken between words where the terminal is too narrow', () => {
    const text = printed(40, (out) => out.table(['id', 'what'], rows));
    expect(text).toBe(
      [
        'id  what',
        'a   few words',
        'b   so many words that the line of them',
        '    all is longer than the terminal is',
        '    wide',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['in a file or a pipe', undefined],
    ['on a wide terminal', 200],
    ['where hardly any room is left for it', 12],
  ])('keeps one line a row %s', (_, columns) => {
    expect(printed(columns, (out) => out.table(['id', 'what'], rows)).split('\n')).toHaveLength(4);
  });

  it('has what does not fit beside a row beneath it, where it says which columns may go there', () => {
    const wide = [
      ['first', 'review', '12.00 EUR', 'r-1', 'velocity.card'],
      ['second', 'accept', '120.00 EUR', 'r-2', ''],
    ];
    const head = ['id', 'outcome', 'amount', 'request', 'reasons'];
    const table = (out: Output): void => out.table(head, wide, [2], 2);
    expect(printed(30, table)).toBe(
      [
        'id      outcome',
        '  amount  request  reasons',
        'first   review',
        '  12.00 EUR  r-1  velocity.card',
        'second  accept',
        '  120.00 EUR  r-2',
        '',
      ].join('\n'),
    );
    expect(printed(80, table)).toBe(
      [
        'id      outcome      amount  request  reasons',
        'first   review    12.00 EUR  r-1      velocity.card',
        'second  accept   120.00 EUR  r-2',
        '',
      ].join('\n'),
    );
  });

  it('does not count colours as width', () => {
    const coloured = (out: Output): void =>
      out.table(['id', 'what'], [['a', out.paint('red', 'x'.repeat(30))]]);
    expect(printed(36, coloured, true).split('\n')).toHaveLength(3);
  });
});

describe('fields', () => {
  it('are broken alike, and empty ones are left out', () => {
    const text = printed(40, (out) =>
      out.fields([
        ['one', ''],
        ['two', rows[1]?.[1] ?? ''],
      ]),
    );
    expect(text.split('\n').every((line) => line.length <= 40)).toBe(true);
    expect(text).toMatch(/^two {2}so many words that the line of them\n {5}\w/);
  });
});

describe('texts that others wrote', () => {
  const forged = 'why\n2026-01-01T00:00:00Z\tactivate\u0085next';
  const orders = 'a\u009b31mb\u001b[2Jc\u202ed';
  const all = [
    ['a line', (out: Output, text: string) => out.line(text)],
    ['a wrapped line', (out: Output, text: string) => out.wrapped(text)],
    ['a field', (out: Output, text: string) => out.fields([['', text]])],
    ['a row', (out: Output, text: string) => out.table([''], [[text]])],
  ] as const;

  it.each(all)('stay on one line in %s', (_, write) => {
    const text = printed(undefined, (out) => write(out, forged)).trim();
    expect(text).toBe('why 2026-01-01T00:00:00Z activate next');
  });

  it.each(all)('give no orders to the terminal in %s, and lose no colours that are ours', (_, write) => {
    const text = printed(undefined, (out) => write(out, `${out.paint('red', 'ours')} ${orders}`), true);
    expect(text).toContain('\u001b[31mours\u001b[0m a\ufffd31mb\ufffd[2Jc\ufffdd\n');
  });
});

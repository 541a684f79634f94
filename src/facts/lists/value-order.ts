/**
 * The order of values in both stores: by the bytes of their UTF-8, which is that of their code points. JavaScript's own
 * order differs where a character above U+FFFF meets one of U+E000 to U+FFFF.
 */
export function compareValues(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** Where a UTF-16 code unit stands among those it can meet: halves of characters above U+FFFF come last. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** A parsed decimal string, or why it is none. */
export type ParsedMinor =
  { readonly ok: number } | { readonly problem: 'malformed' | 'too-precise' | 'too-large' };

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

/**
 * Reads a decimal string such as `12.5` as minor units of a currency with `exponent` decimals, without ever going
 * through a floating-point fraction. Zeros beyond the currency's decimals are accepted, other digits there are not.
 */
export function parseMinor(text: string, exponent: number): ParsedMinor {
  const match = DECIMAL.exec(text);
  if (match === null) return { problem: 'malformed' };
  const [, sign = '', whole = '', fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(exponent))) return { problem: 'too-precise' };
  const digits = whole + fraction.slice(0, exponent).padEnd(exponent, '0');
  // Up to 15 digits every integer is exact; beyond that BigInt tells.
  const minor = digits.length <= 15 ? Number(digits) : safeNumber(BigInt(digits));
  if (minor === undefined) return { problem: 'too-large' };
  return { ok: sign === '-' && minor !== 0 ? -minor : minor };
}

/** Writes minor units as a decimal string with exactly `exponent` decimals: (1250, 2) is `12.50`. `minor` is a safe integer. */
export function formatMinor(minor: number, exponent: number): string {
  const sign = minor < 0 ? '-' : '';
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** A positive decimal string as an exact fraction `numerator / 10^scale`; undefined when it is none. */
export function parseFraction(
  text: string,
): { readonly numerator: bigint; readonly scale: number } | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const numerator = BigInt(whole + fraction);
  return sign === '-' || numerator === 0n ? undefined : { numerator, scale: fraction.length };
}

function safeNumber(value: bigint): number | undefined {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

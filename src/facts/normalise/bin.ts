/** The issuer's digits at the start of a card number: the first 4 to 11 digits of the text; '' when they are fewer. Idempotent. */
export function normaliseBin(text: string): string {
  if (text === '') return '';
  const digits = text.replace(/[ -]/g, '');
  return /^\d{4,}$/.test(digits) ? digits.slice(0, 11) : '';
}

/** Digits of a BIN that every site sends. */
const SHARED_DIGITS = 6;

/**
 * The BIN that payments are counted by: its first six digits, so that a site that sends six and one that sends eight
 * meet. '' when it is no BIN. Idempotent.
 */
export function countedBin(text: string): string {
  return normaliseBin(text).slice(0, SHARED_DIGITS);
}

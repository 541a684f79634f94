/** The issuer's digits at the start of a card number: the first 4 to 11 digits of the text; '' when they are fewer. Idempotent. */
export function normaliseBin(text: string): string {
  if (text === '') return '';
  const digits = text.replace(/[ -]/g, '');
  return /^\d{4,}$/.test(digits) ? digits.slice(0, 11) : '';
}

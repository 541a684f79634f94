/** A day or moment of ISO 8601 in a file of rows, in UTC unless it says otherwise, as epoch ms; NaN when it is none. */
export function isoMoment(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return NaN;
  // Without a zone Date.parse would take the machine's.
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || text.length <= 10 ? text : `${text}Z`;
  return Date.parse(zoned.replace(' ', 'T'));
}

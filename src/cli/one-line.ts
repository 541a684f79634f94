/** Where a line ends, in any script, and what stands around it; tabs would end columns. */
const BREAKS = /\s*[\r\n\u0085\u2028\u2029]\s*|\t/g;
/** What a terminal takes for orders: control characters, and those that turn the direction of what follows. */
const ORDERS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
// oxlint-disable-next-line no-control-regex -- colours are control characters
const COLOURS = /(\u001b\[\d+m)/;

/** A text that others wrote, on one line: it can neither begin a line of its own nor give orders to a terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(BREAKS, ' ').replaceAll(ORDERS, '\uFFFD');
}

/** The same for a text with colours in it, which stay. */
export function paintedLine(text: string): string {
  return text
    .split(COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : oneLine(part)))
    .join('');
}

/** First and last leading six digits of a brand's numbers, and the lengths they come in. */
const BRANDS: readonly (readonly [first: number, last: number, lengths: readonly number[]])[] = [
  // Visa
  [400000, 499999, [13, 16, 19]],
  // Mastercard
  [510000, 559999, [16]],
  [222100, 272099, [16]],
  // American Express
  [340000, 349999, [15]],
  [370000, 379999, [15]],
  // Diners Club
  [300000, 305999, [14, 15, 16, 17, 18, 19]],
  [309500, 309599, [14, 15, 16, 17, 18, 19]],
  [360000, 369999, [14, 15, 16, 17, 18, 19]],
  [380000, 399999, [14, 15, 16, 17, 18, 19]],
  // Discover
  [601100, 601199, [16, 17, 18, 19]],
  [644000, 659999, [16, 17, 18, 19]],
  // JCB
  [352800, 358999, [16, 17, 18, 19]],
  // UnionPay
  [620000, 629999, [16, 17, 18, 19]],
  [810000, 817199, [16, 17, 18, 19]],
  // Maestro
  [501800, 501899, [13, 14, 15, 16, 17, 18, 19]],
  [502000, 502099, [13, 14, 15, 16, 17, 18, 19]],
  [503800, 503899, [13, 14, 15, 16, 17, 18, 19]],
  [561200, 561299, [13, 14, 15, 16, 17, 18, 19]],
  [589300, 589399, [13, 14, 15, 16, 17, 18, 19]],
  [630400, 630499, [13, 14, 15, 16, 17, 18, 19]],
  [639000, 639099, [13, 14, 15, 16, 17, 18, 19]],
  [670000, 679999, [13, 14, 15, 16, 17, 18, 19]],
  // Dankort
  [501900, 501999, [16]],
  // Mir
  [220000, 220499, [16, 17, 18, 19]],
  // RuPay
  [508500, 508999, [16]],
  [606985, 608499, [16]],
  [817200, 820199, [16]],
  // Elo
  [506699, 506778, [16]],
  [509000, 509999, [16]],
  [627780, 627780, [16]],
  [636297, 636297, [16]],
  [636368, 636369, [16]],
  // Hipercard
  [606282, 606282, [16]],
  [637095, 637095, [16]],
  // Verve
  [506099, 506198, [16, 18, 19]],
  [507865, 507964, [16, 18, 19]],
  // Troy
  [979200, 979289, [16]],
  // UzCard, Humo
  [860000, 860099, [16]],
  [986000, 986099, [16]],
];

const SHORTEST = 13;
const LONGEST = 19;
/** Any stretch of 13 characters holds a position that is a multiple of this. */
const STRIDE = SHORTEST;

/**
 * Whether a text holds a card number: a whole run of 13 to 19 digits, single spaces or hyphens between them allowed,
 * that fits a brand's prefix and length and passes the Luhn check. Parts of longer runs are none. Digits, spaces and
 * hyphens are those of any script. Linear time; text without long runs of digits is hardly looked at.
 */
export function containsCardNumber(text: string): boolean {
  return someRun(inAscii(text), () => true);
}

/**
 * The same for ids that machines make, where hexadecimal digits and hyphens make such runs by chance: the number must
 * stand apart, with no letter, digit, hyphen or underscore next to it.
 */
export function containsCardNumberApart(text: string): boolean {
  const plain = inAscii(text);
  return someRun(plain, (start, end) => !isOfId(plain, start - 1) && !isOfId(plain, end));
}

const ASCII = /^[\x20-\x7e]*$/;
const LONG_RUN = /(?:\p{Nd}[\p{Zs}\p{Pd}]?){13}/u;

/** Full-width and other digits, no-break spaces and dashes as they are in ASCII. */
function inAscii(text: string): string {
  if (text.length < SHORTEST || ASCII.test(text) || !LONG_RUN.test(text)) return text;
  return text
    .replace(/\p{Zs}/gu, ' ')
    .replace(/\p{Pd}/gu, '-')
    .replace(/\p{Nd}/gu, digitOf);
}

/** The digits of a script stand in a row, 0 first. */
function digitOf(digit: string): string {
  const point = digit.codePointAt(0) ?? 0;
  let zero = point;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((point - zero) % 10);
}

const OF_ID = /[\p{L}\p{N}_-]/u;

function isOfId(text: string, at: number): boolean {
  return at >= 0 && at < text.length && OF_ID.test(text.charAt(at));
}

function someRun(text: string, counts: (start: number, end: number) => boolean): boolean {
  const { length } = text;
  if (length < SHORTEST) return false;
  for (let probe = STRIDE - 1; probe < length;) {
    if (!inRun(text, probe)) {
      probe += STRIDE;
      continue;
    }
    let start = probe;
    while (start > 0 && inRun(text, start - 1)) start--;
    let end = probe + 1;
    while (end < length && inRun(text, end)) end++;
    if (end - start >= SHORTEST && isCardNumber(text, start, end) && counts(start, end)) return true;
    // The next run begins after `end`; no run that is long enough lies wholly before the next probe.
    probe = end + STRIDE - 1;
  }
  return false;
}

/** A digit, or a single separator between two digits. */
function inRun(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (isDigit(unit)) return true;
  return (unit === 32 || unit === 45) && isDigit(text.charCodeAt(at - 1)) && isDigit(text.charCodeAt(at + 1));
}

function isDigit(unit: number): boolean {
  return unit >= 48 && unit <= 57;
}

function isCardNumber(text: string, start: number, end: number): boolean {
  let digits = 0;
  let prefix = 0;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (!isDigit(unit)) continue;
    if (++digits > LONGEST) return false;
    if (digits <= 6) prefix = prefix * 10 + unit - 48;
  }
  return digits >= SHORTEST && fitsBrand(prefix, digits) && passesLuhn(text, start, end);
}

function fitsBrand(prefix: number, digits: number): boolean {
  return BRANDS.some(
    ([first, last, lengths]) => prefix >= first && prefix <= last && lengths.includes(digits),
  );
}

/** ISO/IEC 7812-1, annex B: from the right, every second digit doubled, the sum of all digits a multiple of ten. */
function passesLuhn(text: string, start: number, end: number): boolean {
  let sum = 0;
  let double = false;
  for (let at = end - 1; at >= start; at--) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}

/** What a draw decides; draws for different purposes are independent. */
export const DRAW_PURPOSES = ['canary', 'control'] as const;
export type DrawPurpose = (typeof DRAW_PURPOSES)[number];

/** A keyed hash of a text, 0 to 2^53 - 1 and uniform; who lacks the key can foresee no draw. */
export type TextHash = (text: string) => number;

/** What is drawn for. */
export interface Draw {
  readonly purpose: DrawPurpose;
  /** Of what: a version's hash, `RULE_SET/RULE`. Without NUL. */
  readonly id: string;
  readonly subject: Subject;
  /** How long a draw holds, ms; Infinity: for ever. */
  readonly periodMs: number;
  /** Decision time, epoch ms. */
  readonly at: number;
}

/** Who or what is drawn; the same subject draws the same within a period. */
export interface Subject {
  /** By what it is known. Of the last two a payer makes a new one with every try. */
  readonly by: 'card' | 'customer' | 'email' | 'device' | 'ip' | 'order' | 'request';
  readonly value: string;
}

/**
 * What a payment is known by, normalised as for velocities; '' where it is not. `card` may be the account of another
 * instrument. The request id is never ''.
 */
export type KnownBy = Readonly<Record<'site' | Subject['by'], string>>;

/**
 * A number in [0, 1), uniform over subjects: the same for all draws with one purpose, id and subject in one period,
 * whatever else the payment is, so that trying again does not draw again. Periods are whole multiples of `periodMs`
 * since the epoch: days and hours begin as in UTC, weeks on Thursdays.
 */
export function drawOf(hash: TextHash, { purpose, id, subject, periodMs, at }: Draw): number {
  const period = Math.floor(at / periodMs);
  // The subject last: it alone may hold anything.
  const text = `draw\0${purpose}\0${id}\0${period}\0${subject.by}\0${subject.value}`;
  return hash(text) / 2 ** 53;
}

/** Whether a draw is among a share: 0 nobody, 1 everybody; who is in stays in when the share grows. */
export function isDrawn(draw: number, share: number): boolean {
  return draw < share;
}

/**
 * By what a payment draws: the first that is known of card, customer, e-mail, device, IP address, order and request.
 * Each choice leaves something to who tries until a draw suits him:
 *
 * - By card (the default): every stolen card draws anew. But a card costs money and is burnt by its tries, and the
 *   share of cards that gets through is the share that was set. For a control group this is the one to use.
 * - By customer (`prefer: 'customer'`): accounts cost nothing, so whoever may register many draws as often as he
 *   likes, with one card. But a payer with two cards is treated alike: for a canary whose difference payers would
 *   notice, and for shops whose accounts are hard to come by.
 * - E-mail, device and IP address only stand in where neither is known, as for vouchers and guests: the first two are
 *   free to change, the third is shared by many, who then draw together.
 * - Order or request: every try draws anew. Who cannot afford that leaves out subjects known by these two; an order
 *   is told from those of other sites with the same number.
 *
 * What is left out changes the subject as well: who drops his customer id draws by the next.
 */
export function subjectOf(
  known: KnownBy,
  { prefer = 'card' }: { prefer?: 'card' | 'customer' } = {},
): Subject {
  const first = prefer === 'card' ? (['card', 'customer'] as const) : (['customer', 'card'] as const);
  for (const by of [...first, 'email', 'device', 'ip'] as const)
    if (known[by] !== '') return { by, value: known[by] };
  if (known.order !== '') return { by: 'order', value: `${known.site}\0${known.order}` };
  return { by: 'request', value: known.request };
}

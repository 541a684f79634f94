import { fillDigits, simAddress, simCountry } from './countries.js';
import type { MessageJson } from './entry.js';
import { createRandom, type Random } from './random.js';
import type { SimMethod, SimSite } from './sites.js';

/** A card, as JSON of tollgate.v1.Card. */
export interface SimCard extends MessageJson {
  readonly fingerprint: string;
  readonly bin: string;
}

/** Somebody who buys: always the same for the same seed and index, so nobody has to be kept. */
export interface Payer {
  readonly index: number;
  readonly home: SimSite;
  readonly language: string;
  readonly country: string;
  /** Empty for a guest. */
  readonly customerId: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  /** Epoch ms; 0 for a guest. */
  readonly registeredAt: number;
  readonly device: MessageJson;
  readonly ip: string;
  readonly address: MessageJson;
  readonly card: SimCard;
  readonly method: SimMethod;
  /** What this payer usually spends, as a multiple of the site's usual amount. */
  readonly habit: number;
}

const FIRST_NAMES =
  'Ana Bruno Clara Dmitri Elena Farid Greta Hugo Ines Jonas Kaori Luca Maria Nils Olga Paulo Rosa Sven Tomas Vera'.split(
    ' ',
  );
const LAST_NAMES =
  'Almeida Berg Costa Dubois Eriksen Fischer Garcia Horvat Ivanov Jansen Kowalski Lopez Moretti Novak Olsen Petrov Rossi Silva Tanaka Weber'.split(
    ' ',
  );
const MAIL_DOMAINS = ['gmail.com', 'outlook.com', 'yahoo.com', 'hotmail.com', 'mail.example', 'post.example'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/126.0 Mobile',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/605.1',
];
const DAY = 86_400_000;
/** Share of payers who live abroad, of those with an account, of those whose card is foreign. */
const SHARE = { abroad: 0.06, account: 0.75, foreignCard: 0.02 };

/** A fresh card of an issuer in `country`, or of one elsewhere where the simulator knows none there. */
export function simCard(country: string, random: Random): SimCard {
  const bins = simCountry(country).bins;
  return cardOfBin(random.pick(bins.length > 0 ? bins : simCountry('GB').bins), random);
}

/** A fresh card of a BIN as the country table writes it, for example 405921vc. */
export function cardOfBin(bin: string, random: Random): SimCard {
  return {
    token: `tok_${random.hex(16)}`,
    fingerprint: `fp_${random.hex(24)}`,
    bin: bin.slice(0, 6),
    last4: fillDigits('####', random),
    expiryMonth: random.between(1, 12),
    expiryYear: random.between(2027, 2031),
    brand: bin[6] === 'v' ? 'visa' : 'mastercard',
  };
}

/** A browser that was not seen before. */
export function simDevice(language: string, utcOffset: number, random: Random): MessageJson {
  return {
    id: `dev_${random.hex(20)}`,
    userAgent: random.pick(AGENTS),
    acceptLanguage: language,
    utcOffsetMinutes: utcOffset * 60,
  };
}

/** A postal address in `country`, in the name of `name`. */
export function simPostal(country: string, name: string, random: Random): MessageJson {
  const where = simCountry(country);
  return {
    name,
    line1: `Street ${random.between(1, 400)}`,
    city: random.pick(where.cities),
    postalCode: fillDigits(where.postalCode, random),
    country,
  };
}

/** A name and an e-mail address made from it. */
export function simPerson(random: Random): { readonly name: string; readonly email: string } {
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  const user = `${first}.${last}${random.between(1, 99_999)}`.toLowerCase();
  return { name: `${first} ${last}`, email: `${user}@${random.pick(MAIL_DOMAINS)}` };
}

/** The payer of this index. `startMs` is the start of the day, so that accounts are older than it. */
export function payerAt(seed: number, index: number, sites: readonly SimSite[], startMs: number): Payer {
  const random = createRandom(seed, 'payer', index);
  const home = random.weighted(sites);
  const country = random.chance(SHARE.abroad) ? random.pick(sites).country : home.country;
  const { name, email } = simPerson(random);
  const account = random.chance(SHARE.account);
  const language = random.pick(home.languages);
  const cardCountry = random.chance(SHARE.foreignCard) ? random.pick(sites).country : country;
  return {
    index,
    home,
    language,
    country,
    customerId: account ? `c${index}` : '',
    name,
    email,
    phone: fillDigits(simCountry(country).phone, random),
    registeredAt: account ? startMs - random.between(5, 1500) * DAY : 0,
    device: simDevice(language, home.utcOffset, random),
    ip: simAddress(country, random),
    address: simPostal(country, name, random),
    card: simCard(cardCountry, random),
    method: random.weighted(home.methods),
    habit: Math.exp(random.normal() * 0.4),
  };
}

import type { MessageJson } from './entry.js';

/** A way to pay on a site. */
export interface SimMethod {
  readonly type: 'card' | 'local' | 'voucher' | 'static';
  /** Empty for cards. */
  readonly method: string;
  readonly weight: number;
}

/** A simulated shop site. */
export interface SimSite {
  readonly id: string;
  readonly group: string;
  readonly country: string;
  readonly currency: string;
  readonly timeZone: string;
  /** Hours east of UTC, for the payers' day. */
  readonly utcOffset: number;
  readonly languages: readonly string[];
  /** Share of the day's payments. */
  readonly weight: number;
  /** A usual amount, minor units of the currency. */
  readonly usualMinor: number;
  readonly methods: readonly SimMethod[];
}

function methods(text: string): readonly SimMethod[] {
  return text.split(' ').map((part) => {
    const [type, method, weight] = part.split(':') as [SimMethod['type'], string, string];
    return { type, method, weight: Number(weight) };
  });
}

const site = (
  id: string,
  group: string,
  country: string,
  currency: string,
  timeZone: string,
  utcOffset: number,
  languages: string,
  weight: number,
  usualMinor: number,
  how: string,
): SimSite => ({
  id,
  group,
  country,
  currency,
  timeZone,
  utcOffset,
  languages: languages.split(' '),
  weight,
  usualMinor,
  methods: methods(how),
});

/** The 27 sites of the simulated merchant. */
export const SIM_SITES: readonly SimSite[] = [
  site('es', 'europe', 'ES', 'EUR', 'Europe/Madrid', 2, 'es ca en', 9, 4200, 'card::8 local:bizum:2'),
  site('fr', 'europe', 'FR', 'EUR', 'Europe/Paris', 2, 'fr en', 9, 4600, 'card::9 local:paylib:1'),
  site(
    'de',
    'europe',
    'DE',
    'EUR',
    'Europe/Berlin',
    2,
    'de en',
    10,
    5200,
    'card::5 local:sofort:3 local:giropay:2',
  ),
  site('it', 'europe', 'IT', 'EUR', 'Europe/Rome', 2, 'it en', 7, 4300, 'card::8 local:mybank:1'),
  site('uk', 'europe', 'GB', 'GBP', 'Europe/London', 1, 'en', 9, 3900, 'card::10'),
  site('nl', 'europe', 'NL', 'EUR', 'Europe/Amsterdam', 2, 'nl en', 4, 4800, 'card::3 local:ideal:7'),
  site('be', 'europe', 'BE', 'EUR', 'Europe/Brussels', 2, 'nl fr', 2, 4700, 'card::4 local:bancontact:6'),
  site(
    'pl',
    'europe',
    'PL',
    'PLN',
    'Europe/Warsaw',
    2,
    'pl',
    4,
    15000,
    'card::4 local:blik:5 local:przelewy24:1',
  ),
  site('se', 'europe', 'SE', 'SEK', 'Europe/Stockholm', 2, 'sv en', 2, 52000, 'card::7 local:swish:3'),
  site('no', 'europe', 'NO', 'NOK', 'Europe/Oslo', 2, 'nb en', 2, 56000, 'card::7 local:vipps:3'),
  site('dk', 'europe', 'DK', 'DKK', 'Europe/Copenhagen', 2, 'da en', 2, 34000, 'card::7 local:mobilepay:3'),
  site('ch', 'europe', 'CH', 'CHF', 'Europe/Zurich', 2, 'de fr it', 2, 6900, 'card::7 local:twint:3'),
  site(
    'pt',
    'europe',
    'PT',
    'EUR',
    'Europe/Lisbon',
    1,
    'pt en',
    2,
    3800,
    'card::6 local:mbway:2 voucher:multibanco:2',
  ),
  site('us', 'north-america', 'US', 'USD', 'America/Chicago', -5, 'en es', 12, 5900, 'card::10'),
  site(
    'ca',
    'north-america',
    'CA',
    'CAD',
    'America/Toronto',
    -4,
    'en fr',
    4,
    6800,
    'card::9 local:interac:1',
  ),
  site(
    'mx',
    'latin-america',
    'MX',
    'MXN',
    'America/Mexico_City',
    -6,
    'es',
    4,
    78000,
    'card::6 voucher:oxxo:4',
  ),
  site(
    'br',
    'latin-america',
    'BR',
    'BRL',
    'America/Sao_Paulo',
    -3,
    'pt',
    6,
    19000,
    'card::5 local:pix:3 voucher:boleto:2 static:pix-code:1',
  ),
  site(
    'ar',
    'latin-america',
    'AR',
    'ARS',
    'America/Argentina/Buenos_Aires',
    -3,
    'es',
    2,
    3900000,
    'card::7 voucher:rapipago:3',
  ),
  site('cl', 'latin-america', 'CL', 'CLP', 'America/Santiago', -4, 'es', 2, 32000, 'card::7 local:webpay:3'),
  site(
    'co',
    'latin-america',
    'CO',
    'COP',
    'America/Bogota',
    -5,
    'es',
    2,
    14000000,
    'card::6 local:pse:2 voucher:efecty:2',
  ),
  site(
    'pe',
    'latin-america',
    'PE',
    'PEN',
    'America/Lima',
    -5,
    'es',
    1,
    16000,
    'card::8 voucher:pagoefectivo:2',
  ),
  site('ru', 'russia', 'RU', 'RUB', 'Europe/Moscow', 3, 'ru', 5, 320000, 'card::6 local:sbp:4'),
  site('tr', 'middle-east', 'TR', 'TRY', 'Europe/Istanbul', 3, 'tr', 2, 120000, 'card::10'),
  site('il', 'middle-east', 'IL', 'ILS', 'Asia/Jerusalem', 3, 'he ru ar', 1, 18000, 'card::10'),
  site('kw', 'middle-east', 'KW', 'KWD', 'Asia/Kuwait', 3, 'ar en', 1, 14500, 'card::4 local:knet:6'),
  site('jp', 'asia-pacific', 'JP', 'JPY', 'Asia/Tokyo', 9, 'ja en', 3, 5600, 'card::7 voucher:konbini:3'),
  site('au', 'asia-pacific', 'AU', 'AUD', 'Australia/Sydney', 10, 'en', 3, 7400, 'card::9 static:scanpay:1'),
];

const SMALL_MERCHANTS_PER_OWNER = 3;

/** The site as JSON of tollgate.v1.Site. */
export function siteJson(of: SimSite): MessageJson {
  return {
    id: of.id,
    name: `Shop ${of.id.toUpperCase()}`,
    group: of.group,
    timeZone: of.timeZone,
    country: of.country,
    currency: of.currency,
    languages: of.languages,
  };
}

/** The site's own shop and the small merchants on it, as JSON of tollgate.v1.Merchant. */
export function merchantsJson(of: SimSite): readonly MessageJson[] {
  const base = { timeZone: of.timeZone, country: of.country, currency: of.currency };
  const shop = { id: `shop-${of.id}`, name: `Shop ${of.id.toUpperCase()}`, riskGrade: 'B', ...base };
  if (!of.methods.some((method) => method.type === 'static')) return [shop];
  const small = Array.from({ length: SMALL_MERCHANTS_PER_OWNER * 2 }, (_, index) => ({
    id: smallMerchantId(of, index),
    name: `Stall ${index + 1}`,
    ownerIdentityHash: `owner-${of.id}-${Math.floor(index / SMALL_MERCHANTS_PER_OWNER)}`,
    riskGrade: index % 2 === 0 ? 'C' : 'D',
    small: true,
    ...base,
  }));
  return [shop, ...small];
}

/** Which of a site's small merchants; `index` 0 to 5. */
export function smallMerchantId(of: SimSite, index: number): string {
  return `stall-${of.id}-${index}`;
}

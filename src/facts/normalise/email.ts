import { domainToASCII } from 'node:url';

interface Provider {
  /** The domain all of the provider's aliases are counted under; '': the one written. */
  readonly domain: string;
  /** Points in the local part mean nothing. */
  readonly dots: boolean;
  /** What starts a tag in the local part. */
  readonly tag: '+' | '-';
}

const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ...provider('gmail.com', true, '+', 'gmail.com googlemail.com'),
  ...provider(
    '',
    false,
    '+',
    'outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.com.br outlook.jp',
  ),
  ...provider(
    '',
    false,
    '+',
    'hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.es hotmail.it live.com',
  ),
  ...provider('', false, '+', 'live.co.uk live.de live.fr live.nl msn.com fastmail.com fastmail.fm'),
  ...provider('', false, '+', 'icloud.com me.com mac.com'),
  ...provider('proton.me', false, '+', 'proton.me protonmail.com protonmail.ch pm.me'),
  ...provider(
    '',
    false,
    '-',
    'yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.com.br yahoo.co.in',
  ),
  ...provider('', false, '-', 'yahoo.ca yahoo.com.mx yahoo.com.ar yahoo.co.jp ymail.com rocketmail.com'),
  ...provider('yandex.ru', false, '+', 'yandex.ru ya.ru yandex.com yandex.by yandex.kz yandex.ua'),
]);

/**
 * The mailbox behind an e-mail address: case folded, domain in ASCII, tags and meaningless points removed where the
 * provider ignores them, alias domains of one provider made one. '' when the text has no local part or no domain.
 * Idempotent.
 */
export function normaliseEmail(text: string): string {
  const folded = fold(text);
  const at = folded.lastIndexOf('@');
  const local = folded.slice(0, Math.max(at, 0)).trim();
  const domain = normaliseDomain(folded.slice(at + 1));
  if (local === '' || domain === '') return '';
  const rules = PROVIDERS.get(domain);
  if (rules === undefined) return `${local}@${domain}`;
  return `${mailbox(local, rules)}@${rules.domain === '' ? domain : rules.domain}`;
}

/** The domain of a normalised e-mail address; '' for ''. */
export function emailDomain(normalised: string): string {
  return normalised.slice(normalised.lastIndexOf('@') + 1);
}

/** The domain that e-mail addresses at this one are counted under: normalised, aliases of one provider made one. Idempotent. */
export function normaliseEmailDomain(text: string): string {
  const domain = normaliseDomain(text);
  return PROVIDERS.get(domain)?.domain || domain;
}

/** A domain name in lower case and ASCII (IDNA), without a trailing point; what IDNA refuses is only folded. Idempotent. */
export function normaliseDomain(text: string): string {
  const folded = trimDomain(fold(text));
  return isAscii(folded) ? folded : trimDomain(domainToASCII(folded)) || folded;
}

function trimDomain(text: string): string {
  return text.replace(/^\s+|[.\s]+$/g, '');
}

function mailbox(local: string, { dots, tag }: Provider): string {
  const cut = local.indexOf(tag);
  const untagged = cut > 0 ? local.slice(0, cut) : local;
  const bare = (dots ? untagged.replaceAll('.', '') : untagged).trim();
  return bare === '' ? local : bare;
}

function fold(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase().normalize('NFKC');
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

function provider(domain: string, dots: boolean, tag: '+' | '-', names: string): [string, Provider][] {
  return names.split(' ').map((name) => [name, { domain, dots, tag }]);
}

import { CURRENCIES } from '../../money/currencies.js';
import type { TextForm } from '../../rules/catalogue.js';
import { COUNTRIES } from '../geography/countries.js';

const oneOf = (words: readonly string[]): string => `^(?:${words.join('|')})$`;

/** How the texts of facts are written: a rule that compares them with anything else could never hit. */
export const COUNTRY: TextForm = { pattern: oneOf(COUNTRIES), says: 'a country of ISO 3166-1, two capitals' };
export const CURRENCY: TextForm = {
  pattern: oneOf([...CURRENCIES]),
  says: 'a currency of ISO 4217, three capitals',
};
export const BIN: TextForm = { pattern: '^[0-9]{6}(?:[0-9]{2})?$', says: 'six or eight digits' };
export const NAME: TextForm = { pattern: '^[a-z0-9_.-]+$', says: 'a name in lower case' };
export const EMAIL: TextForm = {
  pattern: '^[^A-Z\\s]+@[^A-Z\\s@]+$',
  says: 'an e-mail address in lower case',
};
export const DOMAIN: TextForm = { pattern: '^[^A-Z\\s@]+$', says: 'a domain in lower case' };
export const PHONE: TextForm = { pattern: '^\\+[0-9]+$', says: 'a number in E.164, as in +491701234567' };

import type { FactDefinition } from '../rules/catalogue.js';
import type { FactParams } from '../rules/document/document.js';

/** What the value of a fact can be read from. */
export const ORIGINS = [
  'request',
  'clock',
  'site',
  'merchant',
  'journal',
  'list',
  'geography',
  'bins',
  'rates',
] as const;
export type Origin = (typeof ORIGINS)[number];

/** Where a country of a payment comes from, by what `geo.mismatch` and lists call it. */
const COUNTRIES: Readonly<Record<string, readonly Origin[]>> = {
  ip: ['geography'],
  ipCountry: ['geography'],
  issuer: ['request', 'bins'],
  issuerCountry: ['request', 'bins'],
  site: ['site'],
  siteCountry: ['site'],
};
const REQUEST: readonly Origin[] = ['request'];

/** All that the value of a fact was worked out from. Of a card the request is asked first, then the table of BINs. */
export function originsOf(
  { name, source }: Pick<FactDefinition, 'name' | 'source'>,
  params: FactParams | undefined,
): readonly Origin[] {
  const country = (param: string): readonly Origin[] => {
    const name = params?.[param];
    return (typeof name === 'string' ? COUNTRIES[name] : undefined) ?? REQUEST;
  };
  switch (source) {
    case 'velocity':
    case 'history':
      return ['journal'];
    case 'list':
      return ['list', ...country('of')];
    case 'site':
      return [name.startsWith('merchant.') ? 'merchant' : 'site'];
    case 'rates':
      return ['request', 'rates'];
    case 'clock':
      return ['clock'];
    case 'geography':
      if (name === 'ip.country') return ['geography'];
      return name === 'geo.mismatch' ? [...new Set([...country('a'), ...country('b')])] : ['request', 'bins'];
    default:
      return REQUEST;
  }
}

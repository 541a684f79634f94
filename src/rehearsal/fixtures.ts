import type { ContextOptions } from '../facts/context.js';
import type { Geography } from '../facts/geography/geography.js';
import { parseRates, type Rates } from '../money/rates.js';
import type { Merchant, Site } from '../sites/site-store.js';
import type { CaseFile, CaseForm } from './case-file.js';
import { CaseProblem } from './payment-form.js';

/** The base currency where a file or case names none. */
export const DEFAULT_BASE = 'USD';

/** Round figures, so that cases are easy to reckon: USD for one unit. */
const RATES = { EUR: '1.1', GBP: '1.3', BRL: '0.2', RUB: '0.0125', JPY: '0.007' };

/** The exchange rates of a file of cases. With another base currency only those are known that it names. Throws CaseProblem. */
export function ratesOf({ baseCurrency: base = DEFAULT_BASE, rates }: Reckoning): Rates {
  const parsed = parseRates({
    id: 'rehearsal',
    base,
    asOf: '2026-01-01',
    rates: { ...(base === DEFAULT_BASE ? RATES : {}), ...rates },
  });
  if ('ok' in parsed) return parsed.ok;
  throw new CaseProblem(`rates: ${parsed.problems.join('; ')}`);
}

/** What cases reckon in. */
export type Reckoning = Pick<CaseFile, 'baseCurrency' | 'rates'>;

/** Knows the addresses that a file of cases names. */
export function geographyOf(countries: Readonly<Record<string, string>>): Geography {
  const known = new Map(Object.entries(countries));
  return { country: (ip) => known.get(ip) ?? '' };
}

/** The world of one case: that of its file, with what the case adds or says otherwise. */
export function worldOf(form: CaseForm, file: CaseFile): CaseFile {
  const { sites = [], merchants = [], ipCountries, rates, baseCurrency = file.baseCurrency } = form;
  // Rates of another base currency say nothing.
  const same = (baseCurrency ?? DEFAULT_BASE) === (file.baseCurrency ?? DEFAULT_BASE);
  return {
    ...file,
    ...(baseCurrency === undefined ? {} : { baseCurrency }),
    sites: [...(file.sites ?? []), ...sites],
    merchants: [...(file.merchants ?? []), ...merchants],
    ipCountries: { ...file.ipCountries, ...ipCountries },
    rates: { ...(same ? file.rates : {}), ...rates },
  };
}

type Places = Pick<ContextOptions, 'siteOf' | 'merchantOf'>;

/** The sites and merchants of a file of cases; any other is not configured. Throws CaseProblem. */
export function placesOf(fixtures: CaseFile): Places {
  const zone = (name: string | undefined): string => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name ?? 'UTC' }).resolvedOptions().timeZone;
    } catch {
      throw new CaseProblem(`there is no time zone ${name ?? ''}`);
    }
  };
  const sites = new Map(
    (fixtures.sites ?? []).map(({ id, timeZone, country, currency, group }): [string, Site] => [
      id,
      {
        ...NO_SITE,
        id,
        timeZone: zone(timeZone),
        country: country ?? '',
        currency: currency ?? 'USD',
        group: group ?? '',
      },
    ]),
  );
  const merchants = new Map(
    (fixtures.merchants ?? []).map((form): [string, Merchant] => [
      form.id,
      {
        ...NO_MERCHANT,
        id: form.id,
        ownerIdentityHash: form.owner ?? '',
        riskGrade: form.riskGrade ?? '',
        timeZone: zone(form.timeZone),
        country: form.country ?? '',
        currency: form.currency ?? 'USD',
        small: form.small ?? false,
      },
    ]),
  );
  return {
    siteOf(id) {
      const site = sites.get(id);
      return { site: site ?? { ...NO_SITE, id }, known: site !== undefined };
    },
    merchantOf(id, { timeZone }) {
      const merchant = merchants.get(id);
      return { merchant: merchant ?? { ...NO_MERCHANT, id, timeZone }, known: merchant !== undefined };
    },
  };
}

const NO_SITE: Site = {
  id: '',
  name: '',
  group: '',
  timeZone: 'UTC',
  country: '',
  currency: 'USD',
  languages: [],
  revision: 0,
};

const NO_MERCHANT: Merchant = {
  id: '',
  name: '',
  ownerIdentityHash: '',
  riskGrade: '',
  timeZone: 'UTC',
  country: '',
  currency: 'USD',
  small: false,
  revision: 0,
};

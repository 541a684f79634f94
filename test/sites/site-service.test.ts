import { describe, expect, it } from 'vitest';
import { createSites } from '../../src/sites/site-service.js';
import type { Site, SiteStore } from '../../src/sites/site-store.js';

const FALLBACK = { timeZone: 'UTC', country: '', currency: 'EUR' };

function site(id: string): Site {
  return { id, name: '', group: '', languages: [], revision: 1, ...FALLBACK };
}

describe('sites in memory', () => {
  it('are not put back to an older state by a reading that comes late', async () => {
    const readings: ((sites: readonly Site[]) => void)[] = [];
    const store = {
      sites: () => new Promise<readonly Site[]>((resolve) => readings.push(resolve)),
      merchants: async () => [],
    } as unknown as SiteStore;
    const sites = createSites(store, FALLBACK);
    const early = sites.refresh();
    const late = sites.refresh();
    readings[1]?.([site('es'), site('de')]);
    await late;
    readings[0]?.([site('es')]);
    await early;
    expect(sites.siteOf('de').known).toBe(true);
  });
});

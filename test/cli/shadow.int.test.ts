import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Service } from '../../src/main.js';
import { until } from '../service/harness.js';
import { createFolder, tollgate, type Ran } from './support/run.js';
import { startedService } from './support/service.js';

const folder = createFolder();
let service: Service;
beforeAll(async () => {
  service = await startedService(folder);
});
afterAll(async () => {
  await service.close();
  folder.remove();
});

const run = (args: readonly string[], stdin = ''): Promise<Ran> =>
  tollgate(args, { environment: { TOLLGATE_SERVER: service.grpcAddress }, stdin });
async function said(args: readonly string[], stdin = ''): Promise<string> {
  const { code, out, err } = await run(args, stdin);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const SET = {
  id: 'dear',
  description: 'dear payments',
  owner: 'tests',
  rules: [
    {
      name: 'dear',
      conditions: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 5000 }] },
      event: { type: 'reject', params: { reason: 'test.dear' } },
    },
  ],
};
const REPORT = ['rules', 'shadow-report', 'dear', '1'];

it('a version is put in shadow, says what it would have changed, and is taken out', async () => {
  await said(['rules', 'push', folder.file('dear.rules.json', JSON.stringify(SET))]);
  expect(await run(REPORT)).toMatchObject({
    code: 1,
    err: expect.stringContaining('version 1 of dear was never in shadow (NOT_STAGED)'),
  });
  expect(await said(['rules', 'shadow', 'start', 'dear', 'v1', '--reason', 'how many?'])).toBe(
    'dear: version 1 is in shadow for all sites.\nSee what it says with: tollgate rules shadow-report dear 1\n',
  );
  for (const [index, minor] of [4000, 6000, 7000].entries()) {
    const payment = {
      site: 'es',
      amount: { minor: String(minor), currency: 'USD' },
      instrument: { card: { fingerprint: `fp-${String(index)}`, bin: '405921' } },
    };
    await said(['decide', '-'], JSON.stringify(payment));
  }
  await until(async () => (await said(REPORT)).includes('3 payments, against no version of it'));
  const text = await said(REPORT);
  expect(text).toMatch(/^version +dear version 1 is in shadow for all sites \(publication 1\)\n/);
  expect(text).toMatch(/would change +2 payments \(66\.67 %\), \d+\.\d\d [A-Z]{3}\n/);
  expect(text).toMatch(/\noutcome +would be +payments +[A-Z]{3}\n(accept|review) +reject +2 +\d+\.\d\d\n/);
  expect(text).toMatch(/\ndear\/dear +0 +2 +0 +0\.00 +2 +\d+\.\d\d\n/);
  expect(text).toMatch(/\ndecision +event time +site +amount +live +shadow +rules that differ\n/);
  expect(text.match(/es +70\.00 USD|es +\d+\.\d\d [A-Z]{3} +(accept|review).* +reject/g)).toHaveLength(2);

  const file = join(folder.path, 'differences.ndjson');
  expect(await said([...REPORT, '--examples', '0', '--file', file])).toMatch(/\n2 differences written to /);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { readonly site: string }).site)).toEqual(['es', 'es']);
  const { report } = JSON.parse(await said([...REPORT, '--json', '--from', '2020-01-01'])) as {
    readonly report: { readonly compared: string; readonly changed: { readonly payments: string } };
  };
  expect(report).toMatchObject({ compared: '3', changed: { payments: '2' } });
  expect(await said([...REPORT, '--to', '2020-01-01'])).toContain('0 payments');

  expect(await said(['rules', 'shadow', 'stop', 'dear', '1'])).toBe(
    'dear: version 1 is no longer in shadow for all sites.\n',
  );
  expect(await said(REPORT)).toContain('dear version 1 was in shadow');
});

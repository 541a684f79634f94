import { rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { TollgateError, type ErrorCode } from '../../src/errors/errors.js';
import { fakeApplication, fakeDecisions } from '../server/support/fakes.js';
import { start } from '../server/support/start.js';
import { tollgate } from './support/run.js';

const PAYMENT = {
  site: 'es',
  orderId: 'o-1',
  amount: { minor: '100', currency: 'EUR' },
  instrument: { card: { fingerprint: 'fp' } },
};
const COUNT = 5_000;
/** Answered before the store goes away; it comes back after as many more. */
const GOOD = 100;

const screens = Array.from({ length: COUNT }, (_, n) => ({
  screen: { requestId: `r-${n}`, payment: PAYMENT },
}));
const events = Array.from({ length: COUNT }, (_, n) => ({
  eventId: `e-${n}`,
  site: 'es',
  kind: 'EVENT_KIND_PAYMENT',
  payment: PAYMENT,
  eventTime: '2026-03-01T10:00:00Z',
}));

/** Sends to a server that cannot take some entries in the middle; how it ended, and how many were taken. */
async function sent(command: string, lines: readonly object[], code: ErrorCode) {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'lines.ndjson');
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  const decisions = fakeDecisions();
  let asked = 0;
  let taken = 0;
  const whenThere = async <T>(take: () => Promise<T>): Promise<T> => {
    asked += 1;
    if (asked > GOOD && asked <= 2 * GOOD) throw new TollgateError(code, 'not now');
    taken += 1;
    return take();
  };
  const { server } = await start(
    fakeApplication({
      decisions: {
        screen: (input, caller) => whenThere(() => decisions.screen(input, caller)),
        record: (input, caller) => whenThere(() => decisions.record(input, caller)),
      },
    }),
  );
  const ran = await tollgate([
    command,
    file,
    '--server',
    server.address,
    '--in-flight',
    '64',
    '--batch',
    '8',
  ]);
  return { ...ran, taken };
}

it.each(['STORE_UNAVAILABLE', 'OVERLOADED', 'SHUTTING_DOWN'] as const)(
  'what is sent ends at the first entry that cannot be taken now: what follows must not be decided without it (%s)',
  async (code) => {
    const replayed = await sent('replay-stream', screens, code);
    expect(replayed).toMatchObject({ code: 3, taken: GOOD });
    expect(replayed.out).toMatch(/^decisions +100\n/);
    expect(replayed.err).toMatch(
      /The summary covers what was answered; sending the same file again repeats nothing\.\ntollgate: not now/,
    );
    const imported = await sent('import', events, code);
    expect(imported).toMatchObject({ code: 3, taken: GOOD });
    expect(imported.err).toMatch(
      /^100 events taken in; importing the same file again repeats nothing\.\ntollgate: not now/,
    );
  },
);

it('a file of events only is told how far it came, too', async () => {
  const lines = events.map((event) => ({ event }));
  const { code, err } = await sent('replay-stream', lines, 'STORE_UNAVAILABLE');
  expect(code).toBe(3);
  expect(err).toMatch(
    /^100 events taken in; sending the same file again repeats nothing\.\ntollgate: not now/,
  );
});

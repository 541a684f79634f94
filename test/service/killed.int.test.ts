import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientsOf, onBothStores, until, type Place } from './harness.js';
import { expectExact, expectKept, LOAD_RULES, startLoad, type Load } from './load.js';

const CHILD = fileURLToPath(new URL('./serve-child.ts', import.meta.url));

onBothStores('a service that is killed under load', (createPlace) => {
  let place: Place;
  let child: ChildProcess | undefined;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    await place.remove();
  });

  it('has kept every decision and event it acknowledged, and counts them', { timeout: 240_000 }, async () => {
    const loads: Load[] = [];
    for (const decided of [60, 400]) {
      child = spawn(process.execPath, ['--import', 'tsx', CHILD, place.store], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const [address] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
      const tollgate = clientsOf(address);
      if (loads.length === 0) await tollgate.activate(LOAD_RULES);
      const load = startLoad(tollgate, 32);
      loads.push(load);
      await until(() => load.decided.size > decided && load.recorded.size > 0);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await load.stop();
      tollgate.channel.close();
    }
    const again = await place.start();
    for (const load of loads) {
      expect(load.recorded.size).toBeGreaterThan(0);
      await expectKept(again, load);
    }
    await expectExact(
      again,
      loads.flatMap(({ cards }) => [...cards]),
    );
  });
});

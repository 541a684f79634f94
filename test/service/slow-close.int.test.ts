import { expect, it } from 'vitest';
import { describeMongo, primaryOf } from '../support/mongo-suite.js';
import { ownTime } from '../support/own-time.js';
import { faultyProxy } from '../support/proxy.js';
import { mongoPlace, until } from './harness.js';
import { LOAD_RULES, startLoad } from './load.js';

describeMongo('a service whose store has fallen silent', (uri) => {
  it('ends all the same', { timeout: 120_000 }, async () => {
    const proxy = await faultyProxy(await primaryOf(uri));
    const place = mongoPlace(uri, `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`);
    try {
      const tollgate = await place.start();
      await tollgate.activate(LOAD_RULES);
      const load = startLoad(tollgate, 16);
      await until(() => load.decided.size > 50);
      proxy.set('silent');
      const started = ownTime();
      await tollgate.service.close(200);
      expect(ownTime() - started).toBeLessThan(20_000);
      await load.stop();
    } finally {
      proxy.set('pass');
      await place.remove();
      await proxy.close();
    }
  });
});

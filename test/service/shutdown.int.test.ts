import { afterEach, beforeEach, expect, it } from 'vitest';
import { ListKind, ListType } from '../../src/gen/tollgate/v1/list_service_pb.js';
import { ownTime } from '../support/own-time.js';
import { failure, onBothStores, pause, payment, range, until, type Place } from './harness.js';
import { expectExact, expectKept, LOAD_RULES, startLoad } from './load.js';

onBothStores('a service that is told to end', (createPlace) => {
  let place: Place;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.remove());

  it('under load ends what is under way, refuses what is new, and keeps what it acknowledged', async () => {
    const tollgate = await place.start();
    await tollgate.activate(LOAD_RULES);
    const load = startLoad(tollgate, 32);
    await until(() => load.decided.size > 200);
    const started = ownTime();
    const closed = tollgate.service.close(5_000);
    await until(() => load.failed.length > 50);
    await closed;
    expect(ownTime() - started).toBeLessThan(30_000);
    await load.stop();
    for (const { code } of load.failed) expect(['UNAVAILABLE', 'SHUTTING_DOWN']).toContain(code);
    expect(await failure(tollgate.screen('late', payment()))).toBe('UNAVAILABLE');
    const again = await place.start();
    await expectKept(again, load);
    await expectExact(again, load.cards);
  });

  it('answers every entry that a stream had taken in', { timeout: 240_000 }, async () => {
    const tollgate = await place.start();
    await tollgate.activate(LOAD_RULES);
    const entry = (index: number) => ({
      entry: {
        case: 'screen' as const,
        value: { requestId: `s-${String(index)}`, payment: payment({ card: `s-${String(index % 6)}` }) },
      },
    });
    let answered: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      answered = resolve;
    });
    async function* messages() {
      yield { entries: [entry(0)] };
      await first;
      yield { entries: range(499).map((index) => entry(index + 1)) };
    }
    const results: unknown[] = [];
    const streaming = (async () => {
      for await (const answer of tollgate.decisions.screenStream(messages())) {
        results.push(...answer.results.map(({ result }) => result.case));
        answered();
      }
    })();
    await first;
    while (tollgate.service.decisions.inFlight === 0 && results.length === 1) await pause(1);
    await tollgate.service.close(200_000);
    await streaming;
    expect(results).toEqual(range(500).map(() => 'screen'));
  });

  it('ends a stream that goes on sending, and keeps what it answered', async () => {
    const tollgate = await place.start();
    await tollgate.activate(LOAD_RULES);
    const answered: string[] = [];
    let over = false;
    async function* endless() {
      for (let index = 0; !over; index++) {
        const value = { requestId: `endless-${String(index)}`, payment: payment({ card: 'endless' }) };
        yield { entries: [{ entry: { case: 'screen' as const, value } }] };
        await pause(2);
      }
    }
    const streaming = failure(
      (async () => {
        for await (const { results } of tollgate.decisions.screenStream(endless()))
          for (const { result } of results)
            if (result.case === 'screen') answered.push(result.value.decision?.id ?? '');
      })(),
    );
    await until(() => answered.length > 20);
    const started = ownTime();
    await tollgate.service.close(60_000);
    // What it had taken in is still stored; a stream that held it up would do so for the whole grace.
    expect(ownTime() - started).toBeLessThan(30_000);
    over = true;
    expect(await streaming).toBe('SHUTTING_DOWN');
    const again = await place.start();
    for (const id of answered) expect((await again.decisions.getDecision({ id })).decision?.id).toBe(id);
    await expectExact(again, ['endless']);
  });

  it('ends streams on which nothing is sent at once, with the word that it stops', async () => {
    const tollgate = await place.start();
    let over = false;
    async function* idle<T>(message: T) {
      yield message;
      await until(() => over);
    }
    const value = { requestId: 'first', payment: payment() };
    const calls: AsyncIterable<{ readonly results: readonly unknown[] }>[] = [
      tollgate.decisions.screenStream(idle({ entries: [{ entry: { case: 'screen' as const, value } }] })),
      tollgate.events.recordEvents(idle({ events: [] })),
    ];
    await tollgate.lists.createList({
      list: { id: 'half', type: ListType.EMAIL, kind: ListKind.BLOCK, owner: 'test' },
    });
    const settings = { list: 'half', replace: true, actor: 'test', source: 'test' };
    const importing = failure(
      tollgate.lists.importEntries(idle({ ...settings, entries: [{ value: 'a@example.com' }] })),
    );
    let answers = 0;
    const streaming = calls.map((call) =>
      failure(
        (async () => {
          for await (const _ of call) answers += 1;
        })(),
      ),
    );
    await until(() => answers === 2);
    const started = ownTime();
    await tollgate.service.close(60_000);
    expect(ownTime() - started).toBeLessThan(30_000);
    over = true;
    expect(await Promise.all([...streaming, importing])).toEqual(range(3).map(() => 'SHUTTING_DOWN'));
    const again = await place.start();
    const { entries } = await again.lists.listEntries({ list: 'half' });
    expect(entries).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/decisions/caller.js';
import type { ScreenInput } from '../../../src/decisions/decisions.js';
import { CallerOrder } from '../../../src/decisions/pipeline/caller-order.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage } from '../../../src/rehearsal/stage.js';
import { reportOf } from './callers.js';
import { SlowStore } from './slow-store.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const SITE = 'shop';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A pipeline whose store answers when it is told to, and two callers. */
function scene() {
  const rest = { catalogue: FACT_CATALOGUE, lists: [], fixtures: { cases: [] }, more: undefined };
  const stage = setStage({ versions: [], ...rest });
  stage.world.setTime(NOW);
  const store = new SlowStore(stage);
  const one = { deadline: undefined, cancelled: false };
  const other = { deadline: undefined, cancelled: false };
  const log: string[] = [];
  const note = (name: string, answer: Promise<{ readonly repeated: boolean }>): void =>
    void answer.then(
      ({ repeated }) => log.push(`${name}${repeated ? ' again' : ''}`),
      (error: { readonly code?: string }) => log.push(`${name} ${error.code ?? String(error)}`),
    );
  const pay = (requestId: string, caller: Caller, says = requestId): void =>
    note(requestId, stage.pipeline.screen(paid(requestId, says), caller));
  const report = (eventId: string, requestId: string, caller: Caller): void =>
    note(
      eventId,
      stage.pipeline.record(reportOf(eventId, requestId, { kind: 'declined', eventTime: NOW }), caller),
    );
  return { stage, store, one, other, log, pay, report };
}

function paid(requestId: string, says: string): ScreenInput {
  const payment = paymentOf({ site: SITE, card: { fingerprint: 'a' } }, NOW);
  return { requestId, payment, raw: Buffer.from(says) };
}

describe('what is asked while another call asks the same', () => {
  it('stays in the order of its caller when that call is given up', async () => {
    const { store, one, other, log, pay, report } = scene();
    pay('p', one);
    await turns();
    pay('p', other);
    report('e', 'p', other);
    pay('q', other);
    one.cancelled = true;
    store.hurry();
    await turns();
    expect(log).toEqual(['p CANCELLED', 'p', 'e', 'q']);
  });

  it('stays in the order of its caller when it says something else, and that call fails', async () => {
    const { store, one, other, log, pay, report } = scene();
    pay('p', one);
    await turns();
    pay('p', other, 'else');
    report('e', 'p', other);
    store.questions[0]?.fail();
    await turns();
    store.hurry();
    await turns();
    expect(log).toEqual(['p STORE_UNAVAILABLE', 'p', 'e']);
  });

  it('is still taken in when the instance stops, with all that was sent behind it', async () => {
    const { stage, store, one, other, log, pay, report } = scene();
    pay('p', one);
    await turns();
    pay('p', other);
    report('e', 'p', other);
    pay('q', other);
    const closed = stage.pipeline.close().then(() => log.push('closed'));
    pay('late', other);
    await turns();
    expect(log).toEqual(['late SHUTTING_DOWN']);
    store.hurry();
    await closed;
    expect(log.slice(1)).toEqual(['p', 'p again', 'e', 'q', 'closed']);
  });

  it('counts among what is under way', async () => {
    const { stage, store, one, other, log, pay } = scene();
    pay('p', one);
    await turns();
    pay('p', other);
    for (let index = 0; index < 16; index++) pay(`q${index}`, other);
    expect(stage.pipeline.inFlight).toBe(16);
    expect(log).toEqual([]);
    await turns();
    expect(log).toEqual(['q15 OVERLOADED']);
    store.hurry();
    await turns();
    expect(log.slice(1)).toEqual(['p', 'p again', ...Array.from({ length: 15 }, (_, index) => `q${index}`)]);
    expect(stage.pipeline.inFlight).toBe(0);
  });
});

const nothing = (): undefined => undefined;

describe('what one caller sends behind something', () => {
  it('is let in in its order, whatever of it has to wait itself, and whatever comes meanwhile', async () => {
    const order = new CallerOrder();
    const caller = { deadline: undefined, cancelled: false };
    const ends: (() => void)[] = [];
    const over = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
    const log: string[] = [];
    const send = (name: string, waits = false): void =>
      void order.take(caller, nothing, async () => {
        log.push(name);
        if (waits) order.hold(caller, over());
      });
    send('a', true);
    send('b');
    send('c', true);
    send('d');
    expect([log, order.size]).toEqual([['a'], 3]);
    // Asked for again, it waits for another call before the others have gone on.
    ends.shift()?.();
    order.hold(caller, over());
    send('e');
    await turns();
    expect(log).toEqual(['a']);
    ends.shift()?.();
    await turns();
    expect([log, order.busy]).toEqual([['a', 'b', 'c'], true]);
    ends.shift()?.();
    await turns();
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect([order.size, order.busy]).toEqual([0, false]);
  });
});

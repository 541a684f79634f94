import { describe, expect, it } from 'vitest';
import { draftOf, HOUR, spec, START } from './generate.js';
import { Model } from './model.js';

describe('StreamWindows while a range is read', () => {
  it('takes a key for read only where it was there from the start of the reading', () => {
    const model = new Model(
      {
        velocities: [
          spec({ fn: 'count', by: 'card', window: '1h' }),
          spec({ fn: 'count', by: ['card', 'email'], window: '1h' }),
        ],
        histories: [],
        habits: [],
      },
      { maxBytes: 1 << 20 },
    );
    const known = draftOf({ card: 'c1', email: 'e1' });
    for (let index = 0; index < 10; index++) model.stored(known);
    const guest = model.ask(draftOf({ card: 'c1' }));
    for (const { range, events } of guest.reads) model.windows.arrived(range, events.slice(0, 6));
    // It waits for what is read already.
    const waiting = model.ask(known);
    for (const { range, events } of guest.reads) model.windows.loaded(range, events.slice(6));
    model.decide(guest.asked, false);
    const again = model.ask(known);
    waiting.asked.release();
    for (const { range, events } of again.reads) model.windows.loaded(range, events);
    expect(model.answers(again.asked)).toEqual([10, 10]);
  });

  it('lets go of nothing that is being read, however old', () => {
    const model = new Model(
      {
        velocities: [
          spec({ fn: 'count', by: 'card', window: '1h' }),
          spec({ fn: 'count', by: ['card', 'email'], window: '30d' }),
        ],
        histories: [],
        habits: [],
      },
      { maxBytes: 1 << 20 },
    );
    for (let index = 0; index < 10; index++) model.stored(draftOf({ card: 'c1' }, START - 10 * HOUR));
    const guest = model.ask(draftOf({ card: 'c1' }));
    for (const { range, events } of guest.reads) model.windows.loaded(range, events);
    model.decide(guest.asked, true);
    // Not in the store yet, and too old to be kept in memory.
    model.admit(draftOf({ card: 'c1' }, START - 10 * HOUR));
    for (let index = 0; index < 100; index++) model.admit(draftOf({ card: 'c1' }));
    const known = model.ask(draftOf({ card: 'c1', email: 'e1' }));
    for (const { range, events } of known.reads) model.windows.arrived(range, events);
    for (let index = 0; index < 100; index++) model.admit(draftOf({ card: 'c1' }));
    for (const { range } of known.reads) model.windows.loaded(range, []);
    model.decide(known.asked, true);
    const late = model.ask(draftOf({ card: 'c1' }, START - 10 * HOUR));
    for (const { range, events } of late.reads) model.windows.loaded(range, events);
    expect(model.answers(late.asked)[0]).toBe(11);
  });

  it('holds what is read for nobody yet', () => {
    const model = new Model(
      { velocities: [spec({ fn: 'count', by: 'card', window: '1h' })], histories: [], habits: [] },
      { maxBytes: 1 << 20 },
    );
    for (let index = 0; index < 10; index++) model.stored(draftOf({ card: 'c1' }));
    const earlier = model.ask(draftOf({ card: 'c1' }));
    earlier.asked.release();
    for (const { range, events } of earlier.reads) {
      const kept = model.windows.keep(range);
      model.windows.arrived(range, events.slice(0, 6));
      model.ask(draftOf({ card: 'c1' }));
      model.windows.loaded(range, events.slice(6));
      model.windows.letGo(kept);
    }
    const { asked } = model.ask(draftOf({ card: 'c1' }));
    expect(model.answers(asked)).toEqual([10]);
  });

  it('takes nothing for read that is asked since the reading began', () => {
    const asked = (...events: string[]) => ({
      velocities: [spec({ fn: 'count', by: 'card', window: '1h', events })],
      histories: [],
      habits: [],
    });
    const model = new Model(asked('payment'), { maxBytes: 1 << 20 });
    const payer = draftOf({ card: 'c1' });
    for (let index = 0; index < 10; index++) model.stored(payer);
    model.beginAside(payer);
    model.switchTo(asked('payment', 'declined'));
    const { asked: waiting, reads } = model.ask(payer);
    model.endAside();
    expect(() => model.answers(waiting)).toThrow('not loaded');
    for (const { range, events } of reads) model.windows.loaded(range, events);
    expect(model.answers(waiting)).toEqual([10]);
  });

  it('takes an event back as it was inserted, whatever is said of it by then', () => {
    const filter = { outcome: 'reject' };
    const model = new Model(
      { velocities: [spec({ fn: 'count', by: 'card', window: '1h', filter })], histories: [], habits: [] },
      { maxBytes: 1 << 20 },
    );
    const place = { log: 1, seq: 1 };
    model.windows.insert({ ...draftOf({ card: 'c1', outcome: 'reject' }), ...place });
    const { asked, reads } = model.ask(draftOf({ card: 'c1' }));
    for (const { range, events } of reads) model.windows.loaded(range, events);
    expect(model.answers(asked)).toEqual([1]);
    model.windows.retract({ ...draftOf({ card: 'c1', outcome: 'accept' }), ...place });
    expect(model.answers(asked)).toEqual([0]);
  });
});

import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { onInterrupt } from '../../src/cli/interrupts.js';

function listening() {
  const signals = new EventEmitter();
  const state = { now: 5_000, calls: 0, ended: [] as number[] };
  const stop = onInterrupt(
    {
      on: (signal, listener) => signals.on(signal, listener),
      off: (signal, listener) => signals.off(signal, listener),
      elapsed: () => state.now,
      end: (code) => state.ended.push(code),
    },
    () => state.calls++,
  );
  const send = (signal: NodeJS.Signals, at: number): void => {
    state.now = at;
    signals.emit(signal, signal);
  };
  return { state, stop, send, signals };
}

it('calls back once, however often the first interrupt is passed on', () => {
  const { state, send } = listening();
  send('SIGINT', 5_000);
  send('SIGINT', 5_003);
  send('SIGTERM', 5_999);
  expect(state).toMatchObject({ calls: 1, ended: [] });
});

it('ends the process when it is asked again later', () => {
  const { state, send } = listening();
  send('SIGTERM', 5_000);
  send('SIGTERM', 6_000);
  expect(state).toMatchObject({ calls: 1, ended: [143] });
});

it('listens no longer once it is told so', () => {
  const { state, stop, send, signals } = listening();
  stop();
  send('SIGINT', 5_000);
  expect(state.calls).toBe(0);
  expect(signals.eventNames()).toEqual([]);
});

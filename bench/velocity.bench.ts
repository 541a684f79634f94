import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ATTRIBUTE_INDEX, ATTRIBUTES } from '../src/facts/attributes.js';
import type { Attribute, StreamKind } from '../src/facts/attributes.js';
import type { StreamEvent } from '../src/facts/stream.js';
import { parseVelocity } from '../src/facts/velocity/specs/parse.js';
import type { Params } from '../src/facts/velocity/specs/parse.js';
import { planWindows } from '../src/facts/velocity/plan.js';
import type { HistorySpec } from '../src/facts/velocity/specs/specs.js';
import { StreamWindows } from '../src/facts/velocity/windows.js';
import type { BenchResult, Figure } from './run.js';

const ZONES = { site: 'Europe/Paris', merchant: 'Europe/Paris' };
const START = Date.UTC(2026, 5, 1);
const KEYS: readonly Attribute[] = ['card', 'email', 'ip', 'device', 'customer', 'bin'];

/** Twelve velocities as the shipped rules ask for them. */
const TWELVE: readonly Params[] = [
  { fn: 'count', by: 'card', window: '10m' },
  { fn: 'sum', by: 'card', window: '24h' },
  { fn: 'count', by: 'card', window: '24h', events: 'declined' },
  { fn: 'distinct', of: 'card', by: 'email', window: '24h' },
  { fn: 'count', by: 'email', window: '1h' },
  { fn: 'distinct', of: 'card', by: 'ip', window: '24h' },
  { fn: 'count', by: 'ip', window: '1h', includeCurrent: true },
  { fn: 'count', by: 'device', window: '24h' },
  { fn: 'sum', by: 'customer', window: { calendar: 'day', zone: 'site' } },
  { fn: 'avg', by: 'customer', window: '30d' },
  { fn: 'distinct', of: 'card', by: 'bin', window: '10m' },
  {
    fn: 'ratio',
    by: 'bin',
    window: '1h',
    of: [
      { fn: 'count', events: 'declined' },
      { fn: 'count', events: ['authorised', 'declined'] },
    ],
  },
];

/** Time of the windows alone: no store, every cold key has nothing. Fewer events with `--quick`, small keys only with `--small`. */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const quick = args.includes('--quick');
  if (args.includes('--small')) return { bench: 'velocity', figures: smallKeys(300_000) };
  return {
    bench: 'velocity',
    figures: [
      ...smallKeys(quick ? 30_000 : 200_000),
      ...hotKey(quick ? 100_000 : 1_000_000),
      ...[10, 1000, 100_000].flatMap(orderMoney),
    ],
    notes: [
      'twelve velocities over six keys; a hot key with a day of events, one more after each question',
      'money of orders: what the claims rules ask of a device, in a window that each order comes into and leaves',
    ],
  };
}

function smallKeys(payments: number): Figure[] {
  const windows = windowsFor(TWELVE, 96 * 2 ** 20);
  const random = randomFrom(7);
  const times = new Float64Array(payments);
  const before = heap();
  let cpu = process.cpuUsage();
  for (let index = 0; index < payments; index++) {
    if (index === payments >> 1) cpu = process.cpuUsage();
    const event = paymentAt(index, START + index * 1000, random, payments / 4);
    const start = process.hrtime.bigint();
    const payment = windows.ask(event);
    for (const range of payment.ranges) windows.loaded(range, []);
    for (let spec = 0; spec < TWELVE.length; spec++) payment.velocity(spec, ZONES);
    windows.insert(event);
    payment.release();
    windows.settled(event);
    times[index] = Number(process.hrtime.bigint() - start) / 1000;
  }
  const settled = times.subarray(payments >> 1);
  // Processor time, with that of making the events: the machine may be busy otherwise.
  const used = process.cpuUsage(cpu);
  const mean = (used.user + used.system) / settled.length;
  const taken = heap() - before;
  // Only now: what is not asked again may be collected.
  const stats = windows.stats();
  return [
    {
      name: '12 velocities + insert, mean CPU',
      value: mean,
      unit: 'us/payment',
      bar: '<= 15',
      holds: mean <= 15,
    },
    { name: '12 velocities + insert, p99', value: percentile(settled, 0.99), unit: 'us/payment' },
    { name: 'keys in memory', value: stats.keys, unit: '' },
    { name: 'accounted per key', value: stats.bytes / stats.keys, unit: 'bytes' },
    { name: 'taken per key', value: taken / stats.keys, unit: 'bytes' },
  ];
}

function hotKey(events: number): Figure[] {
  const asked: readonly Params[] = [
    { fn: 'count', by: 'ip', window: '12h' },
    { fn: 'sum', by: 'ip', window: '12h' },
    { fn: 'max', by: 'ip', window: '12h' },
    { fn: 'stddev', by: 'ip', window: '12h' },
    { fn: 'distinct', of: 'card', by: 'ip', window: '12h' },
  ];
  const windows = windowsFor(asked, 2 ** 30);
  const random = randomFrom(11);
  const step = 86_400_000 / events;
  const eventAt = (index: number): StreamEvent => {
    const at = START + Math.floor(index * step);
    const event = paymentAt(index, at, random, events / 3);
    const attributes = event.attributes.map((value, place) => (place === ATTRIBUTE_INDEX.ip ? 77 : value));
    return { ...event, attributes };
  };
  const first = windows.ask(eventAt(0));
  for (const range of first.ranges) windows.loaded(range, []);
  first.release();
  for (let index = 1; index <= events; index++) {
    const event = eventAt(index);
    windows.insert(event);
    windows.settled(event);
  }
  const figures: Figure[] = [];
  for (const [spec, { fn }] of asked.entries()) {
    const times = new Float64Array(5000);
    for (let index = -500; index < times.length; index++) {
      const event = eventAt(events + spec * 6000 + index + 501);
      const payment = windows.ask(event);
      const start = process.hrtime.bigint();
      payment.velocity(spec, ZONES);
      if (index >= 0) times[index] = Number(process.hrtime.bigint() - start) / 1000;
      windows.insert(event);
      payment.release();
      windows.settled(event);
    }
    const p99 = percentile(times, 0.99);
    const name = `hot key of ${events / 1e6} M, ${String(fn)}`;
    figures.push({ name: `${name}, p50`, value: percentile(times, 0.5), unit: 'us' });
    figures.push({ name: `${name}, p99`, value: p99, unit: 'us', bar: '<= 20', holds: p99 <= 20 });
  }
  const { bytes, events: rows } = windows.stats();
  figures.push({ name: 'hot key, accounted per event', value: bytes / rows, unit: 'bytes' });
  return figures;
}

/** Time of all questions about the money of one device's orders, one a second, as many as the window is long. */
function orderMoney(orders: number): Figure[] {
  const asked = ['paidMinor', 'troubledMinor', 'troubledShare', 'troubledMoneyShare'] as const;
  const ms = orders * 1000;
  const histories = asked.map((what) => ({ by: ['device'] as const, what, ms, goodAfterMs: 0 }));
  const windows = windowsFor([], 2 ** 30, histories);
  const random = randomFrom(13);
  let seq = 0;
  const eventAt = (order: number, kind: StreamKind, after: number): StreamEvent => {
    const event = paymentAt(seq++, START + order * 1000 + after, random, orders);
    event.attributes[ATTRIBUTE_INDEX.device] = 77;
    event.attributes[ATTRIBUTE_INDEX.order] = spread(order);
    return { ...event, kind, knownAt: event.at + 20 };
  };
  const insert = (event: StreamEvent): void => {
    windows.insert(event);
    windows.settled(event);
  };
  const place = (order: number): void => {
    insert(eventAt(order, 'authorised', 1));
    insert(eventAt(order, 'captured', 300));
    if (order % 20 === 0) insert(eventAt(order, 'refunded', 400));
    if (order % 50 === 0) insert(eventAt(order, 'refund-claimed', 500));
  };
  const times = new Float64Array(3000);
  for (let order = 1; order <= orders + 500 + times.length; order++) {
    const event = eventAt(order, 'payment', 0);
    const payment = windows.ask(event);
    for (const range of payment.ranges) windows.loaded(range, []);
    const start = process.hrtime.bigint();
    if (order > orders) for (const spec of asked.keys()) payment.history(spec);
    const index = order - orders - 501;
    if (index >= 0) times[index] = Number(process.hrtime.bigint() - start) / 1000;
    payment.release();
    place(order);
  }
  const name = `money of ${orders.toLocaleString('en')} orders, 4 questions`;
  const p50 = percentile(times, 0.5);
  return [
    { name: `${name}, p50`, value: p50, unit: 'us', bar: '<= 100', holds: p50 <= 100 },
    { name: `${name}, p99`, value: percentile(times, 0.99), unit: 'us' },
  ];
}

function windowsFor(
  asked: readonly Params[],
  maxBytes: number,
  histories: readonly HistorySpec[] = [],
): StreamWindows {
  const velocities = asked.map((params) => {
    const parsed = parseVelocity(params);
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
    return parsed.ok;
  });
  // Values do not matter to the time taken.
  const plan = planWindows({ velocities, histories, habits: [] }, (_, value) => value.length + 1);
  return new StreamWindows(plan, { maxBytes });
}

/** Bytes in use, by the engine's own account. */
function heap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function paymentAt(index: number, at: number, random: () => number, keys: number) {
  const attributes = ATTRIBUTES.map(() => 0);
  for (const [place, name] of KEYS.entries()) {
    const values = name === 'bin' ? keys / 50 : keys;
    attributes[ATTRIBUTE_INDEX[name]] = spread(Math.floor(random() * values) * 8 + place + 1);
  }
  const minor = Math.floor(random() * 100_000);
  const times = { at, knownAt: at, paymentAt: at };
  return { log: 1, seq: index + 1, kind: 'payment' as const, ...times, minor, baseMinor: minor, attributes };
}

/** Far apart, as hashes are. */
function spread(value: number): number {
  return ((Math.imul(value, 0x9e3779b1) >>> 11) * 2 ** 32 + (Math.imul(value, 0x85ebca6b) >>> 0)) % 2 ** 53;
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function percentile(values: Float64Array, share: number): number {
  return values.toSorted()[Math.floor(values.length * share)] ?? 0;
}

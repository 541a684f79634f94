// Loaded into a service under test: on SIGUSR2 it writes the longest stall of the event loop since the last time, ms.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION = 2;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
process.on('SIGUSR2', () => {
  const file = process.env['TOLLGATE_BENCH_LOOP'] ?? '';
  if (file !== '')
    writeFileSync(file, JSON.stringify({ longest: Math.max(0, delay.max / 1e6 - RESOLUTION) }));
  delay.reset();
});

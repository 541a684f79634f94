import { writeSync } from 'node:fs';
import { startService } from '../../src/main.js';
import { configOf } from './harness-config.js';

/* Run as a child process: serves until it is killed or its parent is gone, and says where it listens. */
process.stdin.resume().on('end', () => process.exit());
const service = await startService(configOf(process.argv[2] ?? ''));
writeSync(1, `${service.grpcAddress}\n`);

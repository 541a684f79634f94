import { writeSync } from 'node:fs';
import { startService } from '../../src/main.js';
import { configOf } from './harness-config.js';

/* Run as a child process: serves until it is killed, and says where it listens. */
const service = await startService(configOf(process.argv[2] ?? ''));
writeSync(1, `${service.grpcAddress}\n`);

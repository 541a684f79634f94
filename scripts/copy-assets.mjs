// Part of `npm run build`: makes the command runnable.
import { chmodSync, existsSync } from 'node:fs';

const command = new URL('../bin/tollgate.js', import.meta.url);
if (existsSync(command)) chmodSync(command, 0o755);

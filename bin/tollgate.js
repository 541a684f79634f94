#!/usr/bin/env node
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  process.stderr.write("tollgate: not built yet: run 'npm run build' first\n");
  process.exit(2);
}
const { main, nodeHost } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2), nodeHost());

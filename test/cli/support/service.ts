import { resolveConfig } from '../../../src/config/config.js';
import { startService, type Service } from '../../../src/main.js';
import type { Folder } from './run.js';

/** A real service on a fresh embedded store in the folder, with the shipped rules. `rates` is a file of exchange rates. */
export function startedService(folder: Folder, rates?: string): Promise<Service> {
  const config = resolveConfig({
    flags: {
      listen: '127.0.0.1:0',
      http: '127.0.0.1:0',
      store: `sqlite:${folder.path}/tollgate.db`,
      logLevel: 'silent',
      ...(rates === undefined ? {} : { rates }),
    },
    environment: {},
    file: undefined,
  });
  return startService(config);
}

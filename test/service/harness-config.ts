import { resolveConfig, type Config } from '../../src/config/config.js';
import type { OptionName } from '../../src/config/options.js';

export type Flags = Partial<Record<OptionName, string>>;

/** What `tollgate serve` would be told, on free ports. */
export function configOf(store: string, flags: Flags = {}): Config {
  const basic: Flags = {
    listen: '127.0.0.1:0',
    http: '127.0.0.1:0',
    logLevel: 'silent',
    rules: 'none',
    store,
  };
  return resolveConfig({ flags: { ...basic, ...flags }, environment: {}, file: undefined });
}

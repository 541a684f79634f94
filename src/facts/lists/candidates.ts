import { formatIpRange, maskIp, parseIpRange } from '../normalise/ip.js';
import type { ListType } from './list-store.js';

const SHORTEST_BIN = 4;

/**
 * Every entry that would cover a normalised value, the closest first: itself, shorter prefixes, wider ranges, parent
 * domains.
 */
export function listCandidates(type: ListType, value: string): string[] {
  switch (type) {
    case 'bin':
      return Array.from({ length: Math.max(0, value.length - SHORTEST_BIN + 1) }, (_, cut) =>
        value.slice(0, value.length - cut),
      );
    case 'email-domain': {
      const labels = value.split('.');
      return labels.map((_, from) => labels.slice(from).join('.'));
    }
    case 'ip': {
      const range = parseIpRange(value);
      if (range === undefined) return [value];
      return Array.from({ length: range.prefix + 1 }, (_, cut) => {
        const prefix = range.prefix - cut;
        return formatIpRange({ address: maskIp(range.address, prefix), prefix });
      });
    }
    default:
      return [value];
  }
}

import type { Growth } from '../catalogue.js';
import { domain, interval, MISSING_BIT, type Domain } from './domains.js';

/** What a number can be beside a known one that is like it but for how far back it looks; undefined: anything. */
export function besides(known: Domain, its: Growth, own: Growth | undefined): Domain | undefined {
  if (own === undefined || its.alike !== own.alike) return undefined;
  const others = known.others & MISSING_BIT;
  const [least, most] = [known.numbers[0], known.numbers.at(-1)];
  if (least === undefined || most === undefined) return domain({ others });
  const [low, openLow] = own.back >= its.back ? [least.low, least.openLow] : [-Infinity, false];
  const [high, openHigh] = own.back <= its.back ? [most.high, most.openHigh] : [Infinity, false];
  return domain({ numbers: [interval(low, high, openLow, openHigh)], others });
}

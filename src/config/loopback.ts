import { parseIp } from '../facts/normalise/ip.js';

/** Whether only this machine can reach what listens on the host: 127.0.0.0/8, ::1 or `localhost`. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const address = parseIp(host);
  if (address === undefined) return false;
  if (address.version === 4) return address.words[0] >>> 24 === 127;
  return address.words.every((word, index) => word === (index === 3 ? 1 : 0));
}

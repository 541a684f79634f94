import { ATTRIBUTES, SAME_VALUES, type Attribute } from '../attributes.js';
import { createSipHash } from './siphash.js';

/** The keyed hash of an attribute's normalised value: 1 to 2^53 - 1, never 0; 0 for the empty value, which means absent. */
export type KeyHash = (attribute: Attribute, value: string) => number;

/**
 * Makes the hash under which values are kept in the stream: SipHash-1-3 over the UTF-8 of attribute name (that of the
 * attribute it shares its values with), NUL, value, folded to 53 bits. `key` is the store's secret; its first 16 bytes are used. Not to be shared between threads.
 */
export function createKeyHash(key: Uint8Array): KeyHash {
  const sip = createSipHash(key, 1, 3);
  const encoder = new TextEncoder();
  // One buffer per attribute with its name in front, so that only the value is written per call.
  const buffers = new Map<Attribute, { bytes: Uint8Array; readonly start: number }>();
  for (const name of ATTRIBUTES) {
    const prefix = encoder.encode(`${SAME_VALUES[name] ?? name}\0`);
    const bytes = new Uint8Array(256);
    bytes.set(prefix);
    buffers.set(name, { bytes, start: prefix.length });
  }

  return (attribute, value) => {
    if (value === '') return 0;
    const buffer = buffers.get(attribute);
    if (buffer === undefined) throw new RangeError(`no attribute ${attribute}`);
    const { start } = buffer;
    // At most three bytes for each UTF-16 unit, and the spare bytes SipHash asks for.
    const needed = start + value.length * 3 + 8;
    if (needed > buffer.bytes.length) {
      const larger = new Uint8Array(needed * 2);
      larger.set(buffer.bytes.subarray(0, start));
      buffer.bytes = larger;
    }
    const { bytes } = buffer;
    let end = start;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 127) {
        end = start + encoder.encodeInto(value, bytes.subarray(start)).written;
        break;
      }
      bytes[end++] = unit;
    }
    sip.hash(bytes, end);
    // The 11 bits left over are folded in: none of the hash is thrown away.
    const high = sip.high >>> 0;
    const folded = (high & 0x1fffff) * 0x1_0000_0000 + ((sip.low ^ (high >>> 21)) >>> 0);
    return folded === 0 ? 1 : folded;
  };
}

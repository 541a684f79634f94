const strictText = new TextDecoder('utf-8', { fatal: true });
const TWO_32 = 2 ** 32;
/** Up to this size a message is turned into text as a whole, of which its texts are parts: bytes. */
const SMALL = 16_384;
/** Nested groups of unknown fields at most. */
const MAX_DEPTH = 100;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/** Reads the protobuf wire format from its beginning to its end. Throws RangeError on bytes that are none. */
export class ForwardReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** All bytes as text where they are few: one call for all texts in place of one for each. */
  #latin1: string | undefined;
  at = 0;
  /** Whether something said is in no message: a field passed over, or a value that a later one took the place of. */
  dropped = false;

  /** Begins with other bytes, which are not copied. */
  reset(bytes: Uint8Array): void {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#latin1 = undefined;
    this.at = 0;
    this.dropped = false;
  }

  /** Number and wire type of the next field as one: number * 8 + wire type. */
  tag(): number {
    const start = this.at;
    const tag = this.uint32();
    const size = this.at - start;
    if (size > 5 || (size === 5 && (this.#bytes[this.at - 1] ?? 0) > 0x0f) || tag < 8 || (tag & 7) > FIXED32)
      throw new RangeError('not a tag');
    return tag;
  }

  /** A varint of which the lower 32 bits count, as everywhere in protobuf. */
  uint32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw cutShort();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('a varint is longer than ten bytes');
  }

  /** A varint as a signed number of 64 bits. */
  int64(): bigint {
    const bytes = this.#bytes;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[this.at++];
      if (byte === undefined) throw cutShort();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 63) high |= bits << (shift - 32);
      else high |= (bits & 1) << 31;
      if (byte >= 0x80) continue;
      // Amounts and times are small: no arithmetic on big numbers for them.
      if (high >>> 21 === 0) return BigInt(high * TWO_32 + (low >>> 0));
      return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    }
    throw new RangeError('a varint is longer than ten bytes');
  }

  /** Eight bytes of an IEEE 754 number. */
  double(limit: number): number {
    const start = this.at;
    this.at += 8;
    if (this.at > limit) throw cutShort();
    return this.#bytes.readDoubleLE(start);
  }

  /** A length and where what it measures ends, which must not be beyond `limit`. */
  end(limit: number): number {
    const length = this.uint32();
    const end = this.at + length;
    if (end > limit) throw cutShort();
    return end;
  }

  /** Length and UTF-8. */
  text(limit: number): string {
    const end = this.end(limit);
    const start = this.at;
    this.at = end;
    const bytes = this.#bytes;
    for (let index = start; index < end; index++) {
      if ((bytes[index] ?? 0) > 0x7f) return strictText.decode(bytes.subarray(start, end));
    }
    if (bytes.length > SMALL) return bytes.toString('latin1', start, end);
    this.#latin1 ??= bytes.toString('latin1');
    return this.#latin1.slice(start, end);
  }

  /** Length and bytes: a view. */
  view(limit: number): Uint8Array {
    const end = this.end(limit);
    const start = this.at;
    this.at = end;
    return this.#bytes.subarray(start, end);
  }

  /** Passes over a field that is not known. */
  skip(tag: number, limit: number, depth = 0): void {
    this.dropped = true;
    switch (tag & 7) {
      case VARINT:
        this.uint32();
        break;
      case FIXED64:
        this.at += 8;
        break;
      case LENGTH_DELIMITED:
        this.at = this.end(limit);
        break;
      case START_GROUP:
        this.#skipGroup(tag, limit, depth + 1);
        break;
      case FIXED32:
        this.at += 4;
        break;
      default:
        throw new RangeError('a group ends that did not begin');
    }
    if (this.at > limit) throw cutShort();
  }

  #skipGroup(start: number, limit: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError('groups are nested too deep');
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) !== END_GROUP) this.skip(tag, limit, depth);
      else if (tag >>> 3 === start >>> 3) return;
      else throw new RangeError('a group ends that did not begin');
    }
  }
}

function cutShort(): RangeError {
  return new RangeError('the bytes end too early');
}

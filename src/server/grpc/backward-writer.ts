const FIRST_SIZE = 16_384;
const SHORT_TEXT = 48;

/**
 * Writes protobuf from the end of a buffer to its beginning: the length of a part is known when its prefix is written,
 * so nothing is measured or moved.
 */
export class BackwardWriter {
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #at = FIRST_SIZE;
  #limit = FIRST_SIZE;

  /** Counts down; only differences mean anything. */
  get position(): number {
    return this.#at - this.#limit;
  }

  reset(): void {
    this.#at = this.#buffer.length;
    this.#limit = this.#buffer.length;
  }

  /** What was written, on its own. */
  copy(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#limit - this.#at);
    this.#buffer.copy(bytes, 0, this.#at, this.#limit);
    return bytes;
  }

  /** 0 to 2^53 - 1. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#make(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
    this.#make(size);
    this.#at -= size;
    let at = this.#at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[at++] = (rest % 0x80) | 0x80;
    this.#buffer[at] = rest;
  }

  /** Two's complement in 64 bits. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= 0x1f_ffff_ffff_ffffn) {
      this.varint(Number(value));
      return;
    }
    const bytes: number[] = [];
    for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
      if (rest < 0x80n) {
        bytes.push(Number(rest));
        break;
      }
      bytes.push(Number(rest & 0x7fn) | 0x80);
    }
    this.#make(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  /** Eight bytes of an IEEE 754 number. */
  double(value: number): void {
    this.#make(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** Length and UTF-8. */
  text(value: string): void {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      this.#make(length);
      const start = this.#at - length;
      let index = 0;
      for (; index < length; index++) {
        const unit = value.charCodeAt(index);
        if (unit > 0x7f) break;
        this.#buffer[start + index] = unit;
      }
      if (index === length) {
        this.#at = start;
        this.varint(length);
        return;
      }
    }
    const size = Buffer.byteLength(value);
    this.#make(size);
    this.#at -= size;
    this.#buffer.write(value, this.#at, size, 'utf8');
    this.varint(size);
  }

  /** Length and bytes. */
  bytes(value: Uint8Array): void {
    this.#make(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
    this.varint(value.length);
  }

  #make(size: number): void {
    if (this.#at >= size) return;
    const used = this.#limit - this.#at;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, (used + size) * 2));
    this.#buffer.copy(larger, larger.length - used, this.#at, this.#limit);
    this.#buffer = larger;
    this.#limit = larger.length;
    this.#at = larger.length - used;
  }
}

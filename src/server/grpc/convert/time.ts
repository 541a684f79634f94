import type { Timestamp } from '@bufbuild/protobuf/wkt';

/** Epoch ms of a checked timestamp; parts of a millisecond are cut off. */
export function toMs(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1_000_000);
}

/** Epoch ms of a checked timestamp that may be absent. */
export function toOptionalMs(timestamp: Timestamp | undefined): number | undefined {
  return timestamp === undefined ? undefined : toMs(timestamp);
}

/** The timestamp of a moment in epoch ms. */
export function fromMs(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  return {
    $typeName: 'google.protobuf.Timestamp',
    seconds: BigInt(seconds),
    nanos: Math.floor(ms - seconds * 1000) * 1_000_000,
  };
}

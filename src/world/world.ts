/** What time it is. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Microseconds since some moment; only differences mean anything. */
  monotonicUs(): number;
}

/** Work for later. */
export interface Timers {
  /** Calls back once after `ms`; the returned function takes it back. A waiting timer keeps no process alive. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back after the I/O that is ready now has been taken in. */
  soon(callback: () => void): void;
}

/** The one door to the world: handed in by main.ts, simulated in tests. */
export interface World {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Cryptographically strong. */
  randomBytes(length: number): Uint8Array;
}

/** What a worker is started with. */
export interface WorkerSettings {
  readonly file: string;
  /** Used when the file is new. */
  readonly hashKey: Uint8Array;
  /** Kilobytes of pages SQLite keeps in memory. */
  readonly cacheKb: number;
  /** Bytes of the write-ahead log at which it is written back. */
  readonly checkpointBytes: number;
}

/** Main thread to worker. */
export type Request =
  | { readonly id: number; readonly op: string; readonly args: readonly unknown[] }
  /** A part was taken in: the next may be sent. */
  | { readonly ack: number };

/** Why something failed: `unavailable` may work later, `invalid` is the caller's, anything else is a bug. */
export interface WireError {
  readonly kind: 'unavailable' | 'invalid' | 'list-not-found' | 'bug';
  readonly message: string;
  /** What SQLite said, or where a bug was met: for the log, never for a caller. */
  readonly cause?: string;
}

/** Worker to main thread. */
export type Response =
  | { readonly opened: { readonly hashKey: Uint8Array; readonly lastSeq: number } }
  /** The thread has ended; `wrongFile`: whatever is tried again. */
  | { readonly refused: string; readonly wrongFile?: boolean }
  | { readonly id: number; readonly part: Uint8Array }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: WireError };

/** One step of forgetting limits: how many decisions gave room back, and how many rows there were. */
export interface ExpiredPart {
  readonly released: number;
  readonly seen: number;
}

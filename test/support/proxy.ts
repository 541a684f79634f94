import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What a proxy does with traffic: pass it, refuse and cut connections, keep them open in silence, or pass what is asked
 * and swallow what is answered.
 */
export type ProxyMode = 'pass' | 'cut' | 'silent' | 'no-answers';

/** A TCP proxy whose faults are set by the test. */
export interface FaultyProxy {
  readonly port: number;
  /** How often something fell victim to a fault so far: a connection that was cut, bytes that were swallowed. */
  lost(): number;
  set(mode: ProxyMode): void;
  /**
   * The next connections on which this is asked, one after the other, fall silent with the question itself, held back on
   * its way: they stay open, and all others go on.
   */
  stall(asked: string, connections?: number): Stalled;
  close(): Promise<void>;
}

/** Connections that fell silent. */
export interface Stalled {
  /** So many so far. */
  count(): number;
  /** What was held back arrives after all; resolves when it has been answered, though nobody hears that any more. */
  release(): Promise<void>;
}

/** Connections that are to fall silent. */
interface Stall {
  readonly asked: string;
  left: number;
  readonly held: (() => Promise<void>)[];
}

/** Starts a proxy in front of a server on this machine. */
export async function faultyProxy(target: { host: string; port: number }): Promise<FaultyProxy> {
  let mode: ProxyMode = 'pass';
  let lost = 0;
  const stalls: Stall[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    if (mode === 'cut') {
      lost += 1;
      near.destroy();
      return;
    }
    const far = connect(target);
    keep(far);
    let stalled = false;
    near.on('data', (chunk) => {
      const stall = stalls.find(({ asked, left }) => left > 0 && chunk.includes(asked));
      if (stall !== undefined && !stalled) {
        stalled = true;
        stall.left -= 1;
        stall.held.push(async () => {
          const answered = once(far, 'data');
          far.write(chunk);
          await answered;
        });
      }
      if (!stalled && (mode === 'pass' || mode === 'no-answers')) far.write(chunk);
      else lost += 1;
    });
    far.on('data', (chunk) => {
      if (!stalled && mode === 'pass') near.write(chunk);
      else lost += 1;
    });
    near.on('close', () => {
      if (!stalled) far.destroy();
    });
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    lost: () => lost,
    set: (next) => {
      // Bytes were lost on every open connection: none of them can be used again.
      if (next === 'cut') lost += sockets.size;
      if (next === 'cut' || (next === 'pass' && mode !== 'pass')) destroyAll();
      mode = next;
    },
    stall: (asked, connections = 1) => {
      const stall: Stall = { asked, left: connections, held: [] };
      stalls.push(stall);
      return {
        count: () => stall.held.length,
        release: async () => void (await Promise.all(stall.held.map((arrive) => arrive()))),
      };
    },
    close: () => {
      destroyAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

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
  set(mode: ProxyMode): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a server on this machine. */
export async function faultyProxy(target: { host: string; port: number }): Promise<FaultyProxy> {
  let mode: ProxyMode = 'pass';
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    if (mode === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(target);
    keep(far);
    near.on('data', (chunk) => {
      if (mode === 'pass' || mode === 'no-answers') far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (mode === 'pass') near.write(chunk);
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      // Bytes were lost on every open connection: none of them can be used again.
      if (next === 'cut' || (next === 'pass' && mode !== 'pass')) destroyAll();
      mode = next;
    },
    close: () => {
      destroyAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

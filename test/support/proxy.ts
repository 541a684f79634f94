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
  close(): Promise<void>;
}

/** Starts a proxy in front of a server on this machine. */
export async function faultyProxy(target: { host: string; port: number }): Promise<FaultyProxy> {
  let mode: ProxyMode = 'pass';
  let lost = 0;
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
    near.on('data', (chunk) => {
      if (mode === 'pass' || mode === 'no-answers') far.write(chunk);
      else lost += 1;
    });
    far.on('data', (chunk) => {
      if (mode === 'pass') near.write(chunk);
      else lost += 1;
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
    lost: () => lost,
    set: (next) => {
      // Bytes were lost on every open connection: none of them can be used again.
      if (next === 'cut') lost += sockets.size;
      if (next === 'cut' || (next === 'pass' && mode !== 'pass')) destroyAll();
      mode = next;
    },
    close: () => {
      destroyAll();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

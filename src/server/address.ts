/** Where a server listens. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** HOST:PORT, with an IPv6 address in brackets. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

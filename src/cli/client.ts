import { ControlService } from '../gen/tollgate/v1/control_service_pb.js';
import { DecisionService } from '../gen/tollgate/v1/decision_service_pb.js';
import { EventService } from '../gen/tollgate/v1/event_service_pb.js';
import { KeyService } from '../gen/tollgate/v1/key_service_pb.js';
import { ListService } from '../gen/tollgate/v1/list_service_pb.js';
import { RuleService } from '../gen/tollgate/v1/rule_service_pb.js';
import { SiteService } from '../gen/tollgate/v1/site_service_pb.js';
import { SnoozeService } from '../gen/tollgate/v1/snooze_service_pb.js';
import { createClient, openChannel, type ChannelTls, type Client } from '../server/grpc/bridge.js';

/** All services of one running Tollgate over one connection. */
export interface Connection {
  readonly decisions: Client<typeof DecisionService>;
  readonly events: Client<typeof EventService>;
  readonly rules: Client<typeof RuleService>;
  readonly lists: Client<typeof ListService>;
  readonly sites: Client<typeof SiteService>;
  readonly snoozes: Client<typeof SnoozeService>;
  readonly controls: Client<typeof ControlService>;
  readonly keys: Client<typeof KeyService>;
  close(): void;
}

/** A stream has no deadline: a server that gives no sign of life for so long is taken for gone. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 20_000, 'grpc.keepalive_timeout_ms': 20_000 };

/** How a connection is made. */
export interface ConnectOptions {
  /** Longest wait of calls with one request and one answer, ms; streams take their time. */
  readonly deadlineMs: number;
  /** Epoch ms. */
  readonly now: () => number;
  /** The API key that every call shows; undefined: none. */
  readonly key: string | undefined;
  /** undefined: no TLS. */
  readonly tls: ChannelTls | undefined;
}

/** Connects lazily to HOST:PORT. */
export function connect(address: string, { deadlineMs, now, key, tls }: ConnectOptions): Connection {
  const channel = openChannel(address, KEEPALIVE, tls);
  const defaults = { deadlineMs, now, ...(key === undefined ? {} : { key }) };
  return {
    decisions: createClient(DecisionService, channel, defaults),
    events: createClient(EventService, channel, defaults),
    rules: createClient(RuleService, channel, defaults),
    lists: createClient(ListService, channel, defaults),
    sites: createClient(SiteService, channel, defaults),
    controls: createClient(ControlService, channel, defaults),
    snoozes: createClient(SnoozeService, channel, defaults),
    keys: createClient(KeyService, channel, defaults),
    close: () => channel.close(),
  };
}

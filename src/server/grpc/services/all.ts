import type { Decisions } from '../../../decisions/decisions.js';
import { ControlService } from '../../../gen/tollgate/v1/control_service_pb.js';
import type { ListDecisions } from '../../../decisions/read-side/list-decisions.js';
import { DecisionService } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { EventService } from '../../../gen/tollgate/v1/event_service_pb.js';
import { KeyService } from '../../../gen/tollgate/v1/key_service_pb.js';
import { ListService } from '../../../gen/tollgate/v1/list_service_pb.js';
import { RuleService } from '../../../gen/tollgate/v1/rule_service_pb.js';
import { SnoozeService } from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { SiteService } from '../../../gen/tollgate/v1/site_service_pb.js';
import type { BoundService } from '../serve.js';
import { bindService } from '../serve.js';
import type { ErrorReporter } from '../to-status.js';
import { controlHandlers } from './control-service.js';
import { decisionHandlers } from './decision-service.js';
import { eventHandlers } from './event-service.js';
import { keyHandlers } from './key-service.js';
import { listHandlers } from './list-service.js';
import type { CanaryReports, Controls, Keys, Lists, RuleSets, Shadows, Sites, Snoozes } from './ports.js';
import { ruleHandlers } from './rule-service.js';
import { siteHandlers } from './site-service.js';
import { snoozeHandlers } from './snooze-service.js';

/** What the services of the API stand on. */
export interface Application {
  readonly decisions: Decisions;
  readonly ruleSets: RuleSets;
  readonly shadows: Shadows;
  readonly canaries: CanaryReports;
  readonly lists: Lists;
  readonly listDecisions: ListDecisions;
  readonly sites: Sites;
  readonly snoozes: Snoozes;
  readonly controls: Controls;
  readonly keys: Keys;
}

/** The services of the API, in the order of their use. */
export const SERVICES = [
  DecisionService,
  EventService,
  RuleService,
  ListService,
  SiteService,
  KeyService,
  SnoozeService,
  ControlService,
] as const;

/** Keeps both stores busy: an insert into MongoDB waits about 9 ms for the disk however much is in it. */
const IN_FLIGHT_PER_STREAM = 768;

/** Bounds of the services. */
export interface ServiceLimits {
  /** Entries of one stream that are read but not yet answered. Default 768. */
  readonly maxInFlightPerStream?: number;
}

/** All services of the API, ready for startGrpcServer. */
export function bindAll(
  application: Application,
  reporter: ErrorReporter,
  limits: ServiceLimits = {},
): readonly BoundService[] {
  const stream = { maxInFlight: limits.maxInFlightPerStream ?? IN_FLIGHT_PER_STREAM };
  return [
    bindService(DecisionService, decisionHandlers(application.decisions, reporter, stream), reporter),
    bindService(EventService, eventHandlers(application.decisions, reporter, stream), reporter),
    bindService(
      RuleService,
      ruleHandlers(application.ruleSets, application.canaries, application.shadows),
      reporter,
    ),
    bindService(ListService, listHandlers(application.lists, application.listDecisions), reporter),
    bindService(SiteService, siteHandlers(application.sites), reporter),
    bindService(SnoozeService, snoozeHandlers(application.snoozes), reporter),
    bindService(ControlService, controlHandlers(application), reporter),
    bindService(KeyService, keyHandlers(application.keys), reporter),
  ];
}

import type { ShadowReports } from '../../../decisions/shadow/shadow-reports.js';
import type { CanaryReports as CanaryReportService } from '../../../decisions/canary/canary-report.js';
import type { ListsService } from '../../../facts/lists/lists-service.js';
import type { Controls as ControlService } from '../../../rules/exceptions/control-service.js';
import type { Snoozes as SnoozeService } from '../../../rules/exceptions/snooze-service.js';
import type { Keys as KeyKeeper } from '../../../identity/key-service.js';
import type { RuleSets as RuleSetService } from '../../../rules/rule-sets.js';
import type { Sites as SiteService } from '../../../sites/site-service.js';

/** What the API needs of the rule sets. */
export type RuleSets = Omit<RuleSetService, 'inForce'>;

/** What the API needs of what shadows said. */
export type Shadows = ShadowReports;

/** What the API needs of the canaries. */
export type CanaryReports = CanaryReportService;

/** What the API needs of the lists. */
export type Lists = Pick<
  ListsService,
  | 'create'
  | 'list'
  | 'update'
  | 'delete'
  | 'changes'
  | 'history'
  | 'readers'
  | 'add'
  | 'remove'
  | 'check'
  | 'entries'
  | 'import'
  | 'export'
>;

/** What the API needs of the snoozes. */
export type Snoozes = Pick<SnoozeService, 'create' | 'end' | 'list'>;

/** What the API needs of the control groups. */
export type Controls = Pick<ControlService, 'set' | 'off' | 'list'>;

/** What the API needs of sites and merchants. */
export type Sites = Pick<
  SiteService,
  'putSite' | 'site' | 'listSites' | 'putMerchant' | 'merchant' | 'listMerchants'
>;

/** What the API needs of the keys. */
export type Keys = Pick<KeyKeeper, 'create' | 'list' | 'revoke'>;

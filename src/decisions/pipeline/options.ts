import type { PaymentContext } from '../../facts/context.js';
import type { PaymentInput } from '../../facts/payment.js';
import type { World } from '../../world/world.js';
import type { RulesInForceOptions } from '../evaluate/active-rules.js';
import type { ListLookup } from '../evaluate/fact-plan.js';
import type { ControlLookup } from '../control/control-index.js';
import type { SnoozeLookup } from '../evaluate/snoozes.js';
import type { Observer } from '../observer.js';
import type { Journal, LimitStore } from '../ports.js';
import type { Shadowing } from '../shadow/shadowing.js';

/** What the pipeline works with. */
export interface PipelineOptions {
  readonly journal: Journal;
  readonly limits: LimitStore;
  readonly lists: ListLookup;
  readonly world: World;
  readonly observer: Observer;
  readonly rules: RulesInForceOptions;
  /** Memory for the windows, bytes. */
  readonly windowBytes: number;
  /** What is excepted now. */
  readonly snoozes: SnoozeLookup;
  /** What of that which rules stop may go on. */
  readonly controls: ControlLookup;
  /** Is handed what shadows need of a decision that was answered. */
  readonly shadowing: Shadowing;
  /** Resolves a payment into what rules are asked about. Throws TollgateError when it may not be decided. */
  readonly resolve: (payment: PaymentInput, now: number) => PaymentContext;
  /** Minor units of the base currency at today's rate; undefined when there is no rate. */
  readonly toBaseMinor: (minor: number, currency: string) => number | undefined;
  /** Digest of what identifies the instrument. */
  readonly instrumentDigest: (payment: PaymentInput) => string;
  /** Whether two messages say the same, field by field. */
  readonly sameMessage: (kind: 'screen' | 'event', a: Uint8Array, b: Uint8Array) => boolean;
  readonly baseCurrency: string;
  /** How long a decision permits a payment, ms. */
  readonly lapseMs: number;
  /** How far an event time may be from arrival, ms. */
  readonly skewMs: number;
  readonly onSkew: 'flag' | 'refuse';
  /** Calls under way at most; beyond it OVERLOADED. */
  readonly maxInFlight: number;
  /** Events of a window that a round of decisions waits for at most: what needs more waits for it by itself. */
  readonly longestRange: number;
}

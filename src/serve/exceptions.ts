import { ControlIndex } from '../decisions/control/control-index.js';
import { SnoozeIndex } from '../decisions/evaluate/snoozes.js';
import type { Attribute } from '../facts/attributes.js';
import type { ListKind } from '../facts/lists/list-store.js';
import { createControls } from '../rules/exceptions/control-service.js';
import { createSnoozes } from '../rules/exceptions/snooze-service.js';
import type { World } from '../world/world.js';
import type { Store } from './store.js';

/** What exceptions from rules are made of. */
export interface ExceptionParts {
  readonly store: Pick<Store, 'snoozes' | 'controls' | 'rules'>;
  readonly world: Pick<World, 'clock' | 'randomBytes'>;
  readonly attributeOf: (attribute: Attribute, value: string) => number;
  /** undefined: not known yet. */
  readonly kindOf: (list: string) => ListKind | undefined;
}

/** Snoozes and control groups: kept by services, and looked up in memory when a payment is decided. */
export function exceptionsOf({ store, world, attributeOf, kindOf }: ExceptionParts) {
  // A list that is not known yet may be one.
  const isEmbargo = (list: string): boolean => (kindOf(list) ?? 'embargo') === 'embargo';
  const controlled = new ControlIndex((list) => isEmbargo(list) || kindOf(list) === 'block');
  const snoozed = new SnoozeIndex(attributeOf, isEmbargo);
  const now = (): number => world.clock.now();
  const snoozes = createSnoozes({
    store: store.snoozes,
    versions: store.rules,
    isEmbargo,
    hash: attributeOf,
    now,
    newId: () => Buffer.from(world.randomBytes(8)).toString('hex'),
    changed: (open) => snoozed.replace(open),
  });
  const controls = createControls({
    store: store.controls,
    versions: store.rules,
    isBarred: controlled.isBarred,
    now,
    changed: (running) => controlled.replace(running),
  });
  return { isEmbargo, snoozed, controlled, snoozes, controls };
}

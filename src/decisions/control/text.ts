import type { ControlLot } from './control-lot.js';

/** For people: what a control group made of a payment. */
export function controlText({ ruleSet, rule, share, drawn, letGo, letGoTo }: ControlLot): string {
  const percent = `${Number((share * 100).toPrecision(6))} %`;
  const alone = `${ruleSet}/${rule} alone stops it, and has a control group of ${percent}`;
  if (!drawn) return `${alone}: not drawn`;
  if (!letGo) return `${alone}: drawn, but the caps of the day are full`;
  return `${alone}: drawn, so let go${letGoTo === 'three-ds' ? ' to a review and 3-D Secure' : ''}`;
}

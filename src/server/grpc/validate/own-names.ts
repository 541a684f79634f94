import { GUARDRAIL } from '../../../decisions/canary/canary-guard.js';
import { DEVELOPMENT as NOBODY } from '../../../identity/identity.js';
import { DEVELOPMENT, SHIPPED } from '../../../rules/publish/evidence.js';

/** Written down where Tollgate itself acts: nobody else may go by them. Waivers of the first are owed by nobody. */
const OWN = new Set([SHIPPED, GUARDRAIL, DEVELOPMENT, NOBODY.name]);

/** What is wrong with such a name. */
export const OWN_NAME = 'stands for Tollgate itself in its records';

/** Whether a name is one under which Tollgate itself acts, however it is written. */
export function isOwnName(name: string): boolean {
  return OWN.has(name.trim().toLowerCase());
}

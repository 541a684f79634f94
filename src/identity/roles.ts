/** What an identity may do; docs/operating.md says what each role is for. */
export const ROLES = ['author', 'approver', 'operator', 'viewer', 'site'] as const;

/** One of them. An identity may have several. */
export type Role = (typeof ROLES)[number];

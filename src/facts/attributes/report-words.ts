/** What a payer claims who wants money back. */
export const CLAIMS = ['fraud', 'not-received', 'other'] as const;
export type Claim = (typeof CLAIMS)[number];

/** How 3-D Secure ended. */
export const THREE_DS_RESULTS = [
  'authenticated',
  'attempted',
  'failed',
  'rejected',
  'unavailable',
  'abandoned',
] as const;
export type ThreeDsResult = (typeof THREE_DS_RESULTS)[number];

/** What an analyst says a payment was. */
export const LABELS = ['good', 'fraud'] as const;
export type Label = (typeof LABELS)[number];

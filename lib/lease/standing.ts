/** What a job does now, in one word. `Standing` of `lib/why` says what each means. */
export const STANDINGS = [
  'held',
  'stalled',
  'ending',
  'zombie',
  'unleased',
  'waiting',
  'resting',
  'finished',
] as const;

export type StandingKind = (typeof STANDINGS)[number];

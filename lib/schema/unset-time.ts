import type { Timestamp } from '../base/timestamp.ts';

/**
 * A placeholder for an absent time. `settle` replaces it with the time of loading. The placeholder is needed
 * because schemas get no `now` and the key must keep its position.
 */
export const UNSET_TIME = '' as Timestamp;

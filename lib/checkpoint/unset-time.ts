import type { Timestamp } from '../base/timestamp.ts';

/**
 * Stands where a time is due that only the moment of loading can tell, until `settle` puts it in:
 * schemas take no `now`, and the key must keep its place.
 */
export const UNSET_TIME = '' as Timestamp;

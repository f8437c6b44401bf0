import { fail } from '../failure.ts';

/** Of one process, or of one object. */
export const MAX_STREAMS = 2000;
export const MAX_STREAM_LEASES = 1000;

/** The answer where there is no room for a stream or a lease. */
export const FULL = fail({ code: 'overloaded', retryAfterSeconds: 10 });

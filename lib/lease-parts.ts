import type { Clock } from './clock.ts';
import type { JobHints } from './job-hints.ts';
import type { JobReader } from './job-reader.ts';
import type { JobWriter } from './job-writer.ts';
import type { Lapses } from './lapses.ts';
import type { LeaseBook } from './lease-book.ts';
import type { LeaseExpiry } from './lease-expiry.ts';
import type { LeaseHoldings } from './lease-holding.ts';
import type { LeaseWatch } from './lease-watch.ts';
import type { Listening } from './listening.ts';
import type { LivingJobs } from './living-job.ts';
import type { Memory } from './memory.ts';
import type { Random } from './random.ts';
import type { StateLimits } from './state/limits.ts';
import type { ObjectStore } from './store.ts';

/** What the operations on leases are made of; each takes what it needs. */
export interface LeaseParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly memory: Memory;
  readonly hints: JobHints;
  readonly limits: StateLimits;
  readonly reader: JobReader;
  readonly writer: JobWriter;
  readonly book: LeaseBook;
  readonly watch: LeaseWatch;
  readonly listening: Listening;
  readonly lapses: Lapses;
  readonly expiry: LeaseExpiry;
  readonly holdings: LeaseHoldings;
  readonly living: LivingJobs;
}

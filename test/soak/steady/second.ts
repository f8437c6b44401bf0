import * as z from 'zod';

/** What the load came to in one second. */
export const Tally = z.object({
  done: z.number(),
  /** Milliseconds from the moment a call was due to its answer. */
  latencies: z.array(z.number()),
  /** How often each failure occurred. */
  failures: z.record(z.string(), z.number()),
  /** Calls that are due and have no connection yet. */
  queued: z.number(),
});
export type Tally = z.infer<typeof Tally>;

/** One second of the soak. */
export interface Second {
  /** Since the steady load began. */
  readonly at: number;
  readonly tally: Tally;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Null where nothing tells it. */
  readonly descriptors: number | null;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly cpuMicros: number;
}

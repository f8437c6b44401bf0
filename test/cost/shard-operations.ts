/** What a request asks of eight shards, of R2 and of their databases. */
export interface ShardSpending {
  /** Remote calls. */
  readonly calls: number;
  readonly written: number;
  /** As for R2 alone. */
  readonly bucket: string;
}

/** As counted: `shard-cost.test.ts` holds the service to each of these. */
export const SHARD_OPERATIONS = {
  'heartbeat in a quiet time': { calls: 1, written: 1, bucket: '' },
  '100 heartbeats in one request, in a quiet time': { calls: 8, written: 8, bucket: '' },
  create: { calls: 3, written: 1, bucket: 'get jobs, put jobs' },
  // It lists the hints of all shards, and one of the rows is the alarm.
  claim: { calls: 12, written: 2, bucket: 'head jobs, put jobs' },
  // It has a hint of the list before, and the alarms are set.
  'the next claim of an isolate within two seconds': {
    calls: 4,
    written: 1,
    bucket: 'head jobs, put jobs',
  },
  'claim where none waits': { calls: 8, written: 0, bucket: '' },
  'update completed': { calls: 2, written: 1, bucket: 'head jobs, put jobs' },
} as const satisfies Record<string, ShardSpending>;

export type ShardRequestName = keyof typeof SHARD_OPERATIONS;

/** Rows that a shard writes in a minute in which heartbeats come all the time, its alarm among them: at most. */
export const BUSY_ROWS_A_MINUTE = 34;

/**
 * Renewals of leases on streams, by the alarm of their object: what they ask of one shard, which has an eighth of 10,000 leases.
 * Its own alarms are among the rows.
 */
export const STREAM_RENEWALS = { leases: 1_250, renewals: 4, calls: 12, written: 25, alarms: 4 };

/** What an object with streams is asked when an operator requests something of the holder of a lease on one of them. */
export const STREAM_REQUEST = { calls: 1, written: 1 };

import * as z from 'zod';
import { BULK_ACTIONS } from '../../../lib/service/bulk.ts';
import { Lease } from './leases.ts';
import { Epoch, Instant, JobId, pacing, Requested, Standing, Status } from './values.ts';

const count = z.int().min(0);

export const Tally = z
  .object({
    count,
    worst_late_seconds: z.number().min(0),
    suggested_ttl_seconds: z.number().exactOptional().meta({
      description:
        'A ttl that would have been long enough; left out where no false alarm is counted',
    }),
  })
  .meta({ description: 'Counted since the process started' });

export const SweepReport = z.object({
  examined: count.meta({ description: 'Leases that the pass examined' }),
  recovered: count.meta({ description: 'Jobs taken from dead holders' }),
  failed: count.meta({ description: 'Jobs that were recovered too often, or failed on request' }),
  cancelled: count.meta({ description: 'Jobs that were cancelled on request' }),
  skipped: count.meta({ description: 'Leases that no job names: removed' }),
  errors: count,
  faults: z.array(z.object({ lease: z.string(), path: z.string(), reason: z.string() })).meta({
    description: 'The first of the errors',
  }),
  false_alarms: Tally,
  late_renewals: Tally,
  cursor: z.string().nullable().meta({
    description: 'The `cursor` of the next pass; null when this one came to the end',
  }),
});

export const BulkReport = z.object({
  action: z.enum(BULK_ACTIONS),
  dry_run: z.boolean(),
  matched: count.meta({
    description:
      'Jobs that the call took; with `dry_run` all that match, or those up to the cursor',
  }),
  done: count,
  pending: count.meta({ description: 'Requests that were passed to holders' }),
  skipped: z
    .array(z.object({ job_id: JobId, code: z.string(), detail: z.string() }))
    .meta({ description: 'Jobs that were not changed, with the problem of the single call' }),
  cursor: z.string().nullable().meta({
    description: 'The `cursor` of the next call; null when no job is left',
  }),
  sample: z.array(JobId).exactOptional().meta({ description: 'With `dry_run` the first 20' }),
});

export const Diagnosis = z.object({
  store: z.string(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
  leases: z.boolean().meta({ description: 'Whether the service grants leases on this store' }),
});

const SINCE = 'Null for an access token with a prefix, and where this process had none';

export const Stats = z.object({
  jobs: z.object(zeros(Status.options)).meta({ description: 'By status' }),
  total: count,
  standing: z.object(zeros(Standing.options)).meta({ description: 'By standing' }),
  oldest_waiting_at: Instant.nullable().meta({
    description: 'Since when the job waits that has waited longest; null if none waits',
  }),
  leases: z.object({ live: count, stalled: count }).meta({
    description: 'Leases that may not be taken, and those of them whose holders are late',
  }),
  corrupt: count.nullable().meta({
    description: 'Files that are no states; null for an access token with a prefix',
  }),
  at_least: z.boolean().meta({ description: 'Whether there may be more than was counted' }),
  false_alarms: Tally.nullable(),
  late_renewals: Tally.nullable(),
  sweep: z
    .object({ at: Instant, ...SweepReport.shape })
    .nullable()
    .meta({ description: SINCE }),
  doctor: z
    .object({ at: Instant, ...Diagnosis.shape })
    .nullable()
    .meta({ description: SINCE }),
  store: z.object({
    name: z.string(),
    leases: z.boolean(),
    compare_and_swap: z.boolean(),
    shared_between_processes: z.boolean(),
    durable: z.boolean(),
    read_after_write: z.boolean(),
    distinct_versions: z.boolean(),
    conditional_delete: z.boolean(),
  }),
  limits: z.array(z.string()).meta({ description: 'What this store cannot do, in words' }),
  poll_seconds: z.int().min(1).meta({ description: 'How often a page should ask' }),
  server_time: Instant,
});

function zeros(names: readonly string[]): Record<string, typeof count> {
  return Object.fromEntries(names.map(name => [name, count]));
}

const Move = z.object({
  to: z.enum(['r2', 'shards']).meta({ description: 'Where leases and hints move' }),
  state: z.enum(['waiting', 'moving', 'comparing', 'done']).meta({
    description:
      'It waits until no process of the earlier deployment runs, moves, and compares the jobs with the lists of the shards',
  }),
  starts_in_seconds: count,
  moved: count.meta({ description: 'Objects in all' }),
});

export const MoveAnswer = z.object({
  move: Move.nullable().meta({ description: 'Null where nothing was ever moved' }),
});

export const ObjectPage = z.object({
  objects: z.array(
    z.object({
      key: z.string(),
      version: z.string(),
      label: z.string().nullable().meta({ description: 'What lists have of the object' }),
    }),
  ),
  next: z
    .string()
    .nullable()
    .meta({ description: 'The `after` of the next page, if there is one' }),
});

export const ObjectWritten = z.object({
  version: z.string().nullable().meta({ description: 'Null: the precondition was not met' }),
});

export const Liveness = z.object({ status: z.literal('ok') });

export const Readiness = z.object({
  status: z.literal('ready'),
  store: z.string(),
  leases: z.boolean(),
  limits: z.array(z.string()).meta({ description: 'What this store cannot do, in words' }),
  deployment: z.string().optional().meta({
    description:
      'On Workers with Durable Objects: `durable-objects`, `job-objects`, `lease-shards` or `presence-objects`',
  }),
  bindings: z
    .array(z.enum(['JOB_OBJECTS', 'LEASE_SHARDS', 'PRESENCE_OBJECTS']))
    .optional()
    .meta({ description: 'On Workers with Durable Objects: those that are bound' }),
  move: Move.optional().meta({
    description: 'On Workers with Durable Objects: the last move of leases and hints',
  }),
});

export const FalseAlarms = z
  .object({
    false_alarms: count,
    worst_late_seconds: z.number(),
    suggested_ttl_seconds: z.number().meta({
      description: 'The ttl that would have been long enough',
    }),
    last_at: Instant.nullable(),
  })
  .meta({ description: 'Holders that were taken for dead and came back' });

export const Explanation = z.object({
  job_id: JobId,
  status: Status.nullable().meta({ description: 'Null for a corrupt state' }),
  standing: z.enum([...Standing.options, 'corrupt']),
  holder: z.string().nullable(),
  epoch: Epoch,
  recoveries: count.meta({ description: 'Without those whose holders came back' }),
  claimable: z.boolean(),
  delayed_until: Instant.nullable().meta({ description: 'No claim gets the job before' }),
  since: Instant.nullable(),
  summary: z.string(),
  evidence: z.array(z.string()),
  next: z.string().meta({ description: 'What happens next' }),
  safe: z.array(z.string()).meta({ description: 'What is safe to do' }),
  requested: Requested,
  lease: Lease.nullable(),
  false_alarms: FalseAlarms.nullable(),
  server_time: Instant,
  expires_at: pacing.expires_at.exactOptional(),
  renew_after_ms: pacing.renew_after_ms.exactOptional(),
});

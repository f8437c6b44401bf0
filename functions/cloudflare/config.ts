import * as z from 'zod';
import type { ClaimLimits } from '../../lib/claims/claim.ts';
import { Medium } from '../../lib/move/record.ts';
import type { BulkLimits } from '../../lib/service/bulk.ts';
import type { SweepBudget } from '../../lib/sweep/budget.ts';
import type { DueLimits } from '../../lib/sweep/due-leases.ts';
import { DOCTOR_KEYS } from '../entry/doctor-log.ts';
import {
  Bytes,
  CorsOrigins,
  Count,
  DEFAULT_GRACE_MS,
  Development,
  EdgeAccessTokens,
  GraceMs,
  LogLevel,
  RetentionDays,
  settingFaults,
} from '../entry/settings.ts';
import { MAX_SHARDS } from './shards/layout.ts';

/** What a scheduled call may spend on each plan of the platform. */
const BUDGETS: Readonly<Record<'free' | 'paid', SweepBudget>> = {
  // The plan allows 50 subrequests and 10 ms of processor time.
  free: { operations: 48, bodyBytes: 128 * 1024, leases: 500, jobs: 100, concurrency: 1 },
  // The plan allows 10,000 subrequests and 30 s.
  paid: {
    operations: 8_000,
    bodyBytes: 128 * 1024 * 1024,
    leases: 50_000,
    jobs: 1_000,
    concurrency: 6,
  },
};

const WorkerConfig = z.object({
  ACCESS_TOKENS: EdgeAccessTokens,
  CORS_ORIGINS: CorsOrigins.optional(),
  PLAN: z.enum(['free', 'paid']).default('free'),
  // A Worker has 128 MB of memory, and a parsed state takes several times its text.
  MAX_BODY_BYTES: Bytes.default(8 * 1024 * 1024),
  MAX_SHEETS: Count.default(10_000),
  MAX_STATE_BYTES: Bytes.optional(),
  // Per isolate; the platform starts others.
  MAX_REQUESTS_IN_FLIGHT: Count.default(250),
  MAX_BYTES_IN_FLIGHT: Bytes.optional(),
  CACHE_BYTES: Bytes.default(16 * 1024 * 1024),
  RETENTION_DAYS: RetentionDays.optional(),
  PRESENCE_GRACE_MS: GraceMs.default(DEFAULT_GRACE_MS),
  SHARDS: Count.pipe(z.number().max(MAX_SHARDS)).optional(),
  STATE_MEDIA: Medium.optional(),
  MOVE_DELAY_SECONDS: z.coerce.number().int().min(0).max(86_400).default(300),
  LOG_LEVEL: LogLevel.default('info'),
  DEVELOPMENT: Development.default(false),
});
type Settings = z.infer<typeof WorkerConfig>;

/** What the alarm of a shard may do at a time: a recovery takes up to twelve operations on R2. */
const DUE: Readonly<Record<'free' | 'paid', DueLimits>> = {
  free: { most: 4, concurrency: 1 },
  paid: { most: 200, concurrency: 6 },
};

/** How many objects are moved in one call: each takes up to seven operations. */
const MOVED: Readonly<Record<'free' | 'paid', number>> = { free: 4, paid: 200 };

/** How many keys the doctor lists: each costs a put and a delete. */
const LISTED_KEYS: Readonly<Record<'free' | 'paid', number>> = { free: 5, paid: DOCTOR_KEYS };

/**
 * How many calls of R2 and of shards the doctor makes. The plan allows 50 in a request, and to open the store takes some. No limit where it is
 * undefined.
 */
const DOCTOR_CALLS: Readonly<Record<'free' | 'paid', number | undefined>> = {
  free: 45,
  paid: undefined,
};

/**
 * How many jobs a claim takes: each costs four operations, and a request of the free plan has 50. A Worker has six
 * connections at once.
 */
const CLAIMS: Readonly<Record<'free' | 'paid', ClaimLimits>> = {
  free: { most: 8, atOnce: 6 },
  paid: { most: 100, atOnce: 6 },
};

/**
 * How many jobs, leases and hints the statistics list at most. A page has 1,000 of them or fewer, and a request of the
 * free plan has 50 operations.
 */
const COUNTED_OBJECTS = { free: 1_000, paid: 10_000 } as const;

/** Of the states that a bulk action changes at a time: a state takes several times its size, and an isolate has 128 MB. */
const BULK_BYTES = 8 * 1024 * 1024;

/** How many jobs a bulk action changes in one call: to take a job from a dead holder costs ten operations. */
const BULK: Readonly<Record<'free' | 'paid', BulkLimits>> = {
  free: { most: 4, atOnce: 4, bytesAtOnce: BULK_BYTES },
  paid: { most: 500, atOnce: 6, bytesAtOnce: BULK_BYTES },
};

export interface WorkerConfig extends Omit<Settings, 'PLAN'> {
  readonly budget: SweepBudget;
  readonly due: DueLimits;
  readonly movedAtOnce: number;
  readonly claims: ClaimLimits;
  readonly bulk: BulkLimits;
  readonly doctorKeys: number;
  readonly doctorCalls: number | undefined;
  readonly countedObjects: number;
}

export type ReadWorkerConfig =
  | { readonly kind: 'config'; readonly config: WorkerConfig }
  | { readonly kind: 'refused'; readonly faults: readonly string[] };

/** The settings of the Workers entry, from its variables and secrets. */
export function readWorkerConfig(env: Readonly<Record<string, unknown>>): ReadWorkerConfig {
  const input = Object.fromEntries(
    Object.keys(WorkerConfig.shape).map(name => [name, env[name] === '' ? undefined : env[name]]),
  );
  const parsed = WorkerConfig.safeParse(input);
  if (!parsed.success) return { kind: 'refused', faults: settingFaults(parsed.error, input) };
  const { PLAN, ...settings } = parsed.data;
  return {
    kind: 'config',
    config: {
      ...settings,
      budget: BUDGETS[PLAN],
      due: DUE[PLAN],
      movedAtOnce: MOVED[PLAN],
      claims: CLAIMS[PLAN],
      bulk: BULK[PLAN],
      doctorKeys: LISTED_KEYS[PLAN],
      doctorCalls: DOCTOR_CALLS[PLAN],
      countedObjects: COUNTED_OBJECTS[PLAN],
    },
  };
}

import { createMissedRenewals } from '../../../lib/availability/missed-renewals.ts';
import { createReportedAvailability } from '../../../lib/availability/reported.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import type { Random } from '../../../lib/base/random.ts';
import type { StateLimits } from '../../../lib/checkpoint/limits.ts';
import { LEASE_KEYS } from '../../../lib/lease/lease.ts';
import { createContext } from '../../../lib/protocol/context.ts';
import { createRenewalPort, type RenewalPort } from '../../../lib/remote/renewal-port.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { SHARD_KEYS, SHARD_LAYOUT } from '../../../lib/storage/shard-layout.ts';
import type { RetryTiming } from '../../../lib/stores/binding/retry.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import { createR2LookUp } from '../../../lib/stores/r2/look-up.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { readMeta, writeMeta } from '../../../lib/stores/shard/schema.ts';
import type { SqlLike } from '../../../lib/stores/shard/sql.ts';
import { createShard } from '../../../lib/stores/shard.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import type { CheckCursor } from '../../../lib/stores/shards/catalogue-check.ts';
import { shardOf } from '../../../lib/stores/shards/shard-of.ts';
import { createShardedStore } from '../../../lib/stores/shards.ts';
import { createDueLeases, type DueLimits } from '../../../lib/sweep/due-leases.ts';
import { createMissingHints, type HintCursor } from '../../../lib/sweep/missing-hints.ts';
import { type AlarmLike, createShardAlarm, type ShardAlarm, type ShardEvent } from './alarm.ts';
import { createLeaseListeners, type TellListener } from './lease-listeners.ts';

export interface ShardHostOptions {
  readonly sql: SqlLike;
  readonly bucket: R2BucketLike;
  readonly alarm: AlarmLike;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the task once, after so many milliseconds. Returns what cancels it. */
  readonly timer: (milliseconds: number, task: () => void) => () => void;
  /** Which shard it is, of how many. */
  readonly place: { readonly number: number; readonly of: number };
  readonly limits: StateLimits;
  /** What an alarm may do at a time. */
  readonly due: DueLimits;
  readonly report: (event: ShardEvent) => void;
  readonly tell: TellListener;
  /** How to pause between two tries. The defaults are the platform's. */
  readonly retryTiming?: RetryTiming;
}

/** One shard, and the protocol of its leases over it: renewals, and the recovery of jobs. */
export interface ShardHost extends ShardPort, RenewalPort, Pick<ShardAlarm, 'start' | 'ring'> {
  /** Cancels its timer. The host must not be used afterwards. */
  close(): void;
}

/** Each recovery reads a job once. */
const CACHE_BYTES = 2 * 1024 * 1024;
/** Where the database says that each job that waits has its hint. */
const HINTS = 'hints';
/** Jobs that are compared at a time. */
const COMPARED = 1_000;

export function createShardHost(options: ShardHostOptions): ShardHost {
  const { sql, bucket, clock, random, timer, place, retryTiming = {} } = options;
  const nowMs = () => clock.millis();
  const listeners = createLeaseListeners({ tell: options.tell, timer });
  let servedAtMs = Number.NEGATIVE_INFINITY;
  let cursor: CheckCursor | null = null;
  let hintCursor: HintCursor | null = null;

  const shard = createShard({
    sql,
    layout: {
      ...SHARD_LAYOUT,
      owns: key => shardOf(SHARD_KEYS.placeOf(key), place.of) === place.number,
    },
    lookUp: createR2LookUp({ ...retryTiming, bucket }),
    nowMs,
    timer,
    instance: random.id(),
    changed(key, label) {
      shardAlarm.changed(key, label);
      if (label === null) listeners.removed(key);
    },
  });

  // The objects of one job are in one shard: its own recoveries need no other.
  const store = createShardedStore({
    bodies: createR2Store({ ...retryTiming, bucket }),
    shards: [shard],
    keys: SHARD_KEYS,
    nowMs,
    mintId: () => random.id(),
    ...retryTiming,
  });
  const context = createContext({
    store,
    clock,
    random,
    memory: createProcessMemory({ cacheBytes: CACHE_BYTES }),
    limits: options.limits,
    availability: createReportedAvailability({
      interruptedAtMs: () => shard.interruptedAtMs(),
      missed: createMissedRenewals(),
    }),
  });
  let hasHints = readMeta(sql, HINTS) !== null;
  const missingHints = createMissingHints(context);
  const renewals = createRenewalPort(context);
  const shardAlarm = createShardAlarm({
    alarm: options.alarm,
    clock,
    dueLeases: createDueLeases(context),
    limits: options.due,
    report: options.report,
    work: {
      async hasLeases() {
        const first = await store.list(LEASE_KEYS)[Symbol.asyncIterator]().next();
        return first.done !== true;
      },
      isComplete: () => shard.isComplete() && hasHints,
      async completeNext() {
        if (!shard.isComplete()) {
          ({ cursor } = await store.checkCatalogues({ cursor, limit: COMPARED }));
          return;
        }
        hintCursor = await missingHints.restore(hintCursor, options.due);
        if (hintCursor !== null) return;
        shard.flush();
        writeMeta(sql, HINTS, '1');
        hasHints = true;
      },
      interrupt: () => shard.interrupt(),
      servedAtMs: () => servedAtMs,
    },
  });

  /** The caller has reached the shard. */
  function served<T>(answer: T): T {
    servedAtMs = nowMs();
    return answer;
  }

  return {
    async apply(steps) {
      const applied = await served(shard.apply(steps));
      listeners.applied(steps, applied.value);
      return applied;
    },
    list: query => served(shard.list(query)),
    page: (folder, query) => served(shard.page(folder, query)),
    count: folder => served(shard.count(folder)),
    compare: part => served(shard.compare(part)),
    async renew(calls) {
      const renewed = await served(renewals.renew(calls));
      listeners.renewed(calls, renewed.outcomes);
      return renewed;
    },
    start: () => shardAlarm.start(),
    ring: scheduledAtMs => shardAlarm.ring(scheduledAtMs),
    close() {
      listeners.close();
      shard.close();
    },
  };
}

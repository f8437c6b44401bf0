import type { Timestamp } from '../base/timestamp.ts';
import type { HealthCheck } from '../doctor/health.ts';
import type { JobCounter, JobCounts } from '../live/job-counts.ts';
import type { Tally } from '../storage/false-alarm-tally.ts';
import type { DatedResult } from '../storage/last-result.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';
import type { ObjectStore, StoreTraits } from '../store.ts';

/** What the service knows of its jobs and of itself. The names are those of the answer. */
export interface Stats extends JobCounts {
  /** False alarms that this process has counted. Null for a caller that may not know of all jobs, as the next three. */
  readonly false_alarms: Tally | null;
  readonly late_renewals: Tally | null;
  /** The report of the last sweep of this process; null before the first. */
  readonly sweep: DatedResult | null;
  /** The last diagnosis of this process; null before the first. */
  readonly doctor: DatedResult | null;
  readonly store: StoreGuarantees;
  readonly limits: readonly string[];
  readonly server_time: Timestamp;
}

export interface StoreGuarantees {
  readonly name: string;
  /** Whether leases are granted: the store can hold them, and has not failed its examination. */
  readonly leases: boolean;
  readonly compare_and_swap: boolean;
  readonly shared_between_processes: boolean;
  readonly durable: boolean;
  readonly read_after_write: boolean;
  readonly distinct_versions: boolean;
  readonly conditional_delete: boolean;
}

export interface StatsReader {
  /** `prefix` limits the answer to jobs whose ids start with it. Rejects with a `StoreError`. */
  read(prefix: string): Promise<Stats>;
}

export function createStatsReader(parts: {
  store: ObjectStore;
  counter: JobCounter;
  health: HealthCheck;
  memory: ProcessMemory;
}): StatsReader {
  const { store, counter, health, memory } = parts;
  return {
    async read(prefix) {
      const { counts, now } = await counter.count(prefix);
      const { leases, limits } = health.describe();
      const isWhole = prefix === '';
      return {
        ...counts,
        false_alarms: isWhole ? memory.falseAlarms.read() : null,
        late_renewals: isWhole ? memory.lateRenewals.read() : null,
        sweep: isWhole ? memory.lastSweep.get() : null,
        doctor: isWhole ? memory.lastDiagnosis.get() : null,
        store: guaranteesOf(store.traits, leases),
        limits,
        server_time: now,
      };
    },
  };
}

function guaranteesOf(traits: StoreTraits, leases: boolean): StoreGuarantees {
  return {
    name: traits.name,
    leases,
    compare_and_swap: traits.compareAndSwap,
    shared_between_processes: traits.sharedBetweenProcesses,
    durable: traits.durable,
    read_after_write: traits.readAfterWrite,
    distinct_versions: traits.distinctVersions,
    conditional_delete: traits.conditionalDelete,
  };
}

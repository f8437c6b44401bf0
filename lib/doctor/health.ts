import { jobKey } from '../keys/job-id.ts';
import type { WriteProbe } from '../storage/write-probe.ts';
import type { ObjectStore, StoreError } from '../store.ts';
import type { Doctor } from './doctor.ts';

/** What the service can do on its store, once that has answered. */
export interface Health {
  readonly store: string;
  /** Whether leases are to be had. */
  readonly leases: boolean;
  /** What users of this store have to know; empty where all is as the API says. */
  readonly limits: readonly string[];
  /** Why the store takes no writes, null where it does. */
  readonly writeFault: StoreError | null;
}

export interface HealthCheck {
  /**
   * Asks the store for an object that need not exist, and whether it takes writes. Rejects with a `StoreError` where
   * it cannot be read.
   */
  check(): Promise<Health>;
}

export function createHealthCheck({
  store,
  doctor,
  writes,
}: {
  store: ObjectStore;
  doctor: Doctor;
  writes: WriteProbe;
}): HealthCheck {
  return {
    async check() {
      await store.head(jobKey('probe'));
      return {
        store: store.traits.name,
        leases: doctor.allowsLeases(),
        limits: limitsOf(store, doctor),
        writeFault: await writes.faultOf(),
      };
    },
  };
}

function limitsOf({ traits }: ObjectStore, doctor: Doctor): string[] {
  const limits: string[] = [];
  if (!traits.compareAndSwap) {
    limits.push(
      'The store has no compare-and-swap: leases, claims and sweeps answer 501, and of two writers at once the later one wins',
    );
  } else if (!doctor.allowsLeases()) {
    limits.push('The store failed its examination: leases, claims and sweeps answer 501');
  }
  if (!traits.readAfterWrite) limits.push('What is read and listed may be a minute old, or older');
  if (!traits.durable) limits.push('What is stored is gone with the process');
  return limits;
}

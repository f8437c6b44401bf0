import { jobKey } from '../keys/job-id.ts';
import type { WriteProbe } from '../storage/write-probe.ts';
import type { ObjectStore, StoreError } from '../store.ts';
import type { Doctor } from './doctor.ts';

/** What the service can do on its store. */
export interface Health {
  readonly store: string;
  /** Whether the store supports leases. */
  readonly leases: boolean;
  /** The differences from the API that users of this store must know; usually empty. */
  readonly limits: readonly string[];
  /** Why the store accepts no writes; null when it does. */
  readonly writeFault: StoreError | null;
}

export interface HealthCheck {
  /** What is known of the store without an operation on it. */
  describe(): Pick<Health, 'store' | 'leases' | 'limits'>;
  /**
   * Reads an object that need not exist, and checks whether the store accepts writes. Rejects with a `StoreError` when
   * the store cannot be read.
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
  function describe(): Pick<Health, 'store' | 'leases' | 'limits'> {
    return {
      store: store.traits.name,
      leases: doctor.allowsLeases(),
      limits: limitsOf(store, doctor),
    };
  }

  return {
    describe,

    async check() {
      // A look at an object does not tell on S3 whether that is missing, or its bucket.
      await store.get(jobKey('probe'));
      return { ...describe(), writeFault: await writes.faultOf() };
    },
  };
}

function limitsOf({ traits }: ObjectStore, doctor: Doctor): string[] {
  const limits: string[] = [];
  if (!traits.compareAndSwap) {
    limits.push(
      'The store has no compare-and-swap: leases, claims and sweeps answer 501, and of two concurrent writers the later one wins',
    );
  } else if (!doctor.allowsLeases()) {
    limits.push('The store failed its examination: leases, claims and sweeps answer 501');
  }
  if (!traits.readAfterWrite) limits.push('Reads and lists may be a minute old or older');
  if (!traits.durable) limits.push('Stored jobs are lost when the process ends');
  return limits;
}

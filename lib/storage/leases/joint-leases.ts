import { encodeLease, type Lease, labelOfLease } from '../../lease/lease.ts';
import type { ObjectStore, Version } from '../../store.ts';
import type { SidecarWrite } from '../commit/sidecar-write.ts';
import type { LeaseDeadlines } from './lease-deadlines.ts';
import type { LeaseMemory } from './lease-memory.ts';

/** The creation of a lease in one step with the change of its job. Refused where there is an object under its key. */
export interface LeaseCreation {
  readonly sidecar: SidecarWrite;
  end(): void;
}

/** The removal of a lease that is not renewed any more until it is ended. */
export interface LeaseRemoval extends LeaseCreation {
  /** The lease with all its renewals. */
  readonly lease: Lease;
  /** The step failed, and may have happened: renewals are written from now on, so that the store refuses them where the lease is gone. */
  unsure(): void;
}

export interface RemovalOptions {
  /** What proves later who held the lease. Null for nothing. */
  readonly receipt: string | null;
  /** Called when the removal has happened. */
  readonly removed?: () => void;
}

/** Happens in one step with the change of a job, on a store that has such steps; else not at all. */
export interface JointRemoval {
  readonly sidecar: SidecarWrite;
  hasHappened(): boolean;
}

/** Writes of leases in one step with the change of their job. */
export interface JointLeases {
  /** Begins to create a lease in one step with the change of its job. The caller ends it, whatever became of it. */
  beginCreation(key: string, lease: Lease): LeaseCreation;
  /** The removal of the object whatever its version, in one step with the change of its job. */
  removal(key: string, options: RemovalOptions): JointRemoval;
  /** Begins a removal in one step with the change of its job, if the lease is still as it was read. The caller ends it. */
  beginRemoval(
    key: string,
    current: { readonly version: Version; readonly lease: Lease },
    removed?: () => void,
  ): LeaseRemoval;
  /** What removals in one step have left as receipts in the last minutes. */
  receiptsOf(key: string): Promise<readonly string[]>;
}

export function createJointLeases({
  store,
  deadlines,
  memory,
}: {
  store: Pick<ObjectStore, 'receiptsOf'>;
  deadlines: LeaseDeadlines;
  memory: LeaseMemory;
}): JointLeases {
  function forget(key: string): void {
    memory.forget(key);
    deadlines.forget(key);
  }

  return {
    beginCreation(key, lease) {
      const write = memory.begin(key, { base: null, next: lease, isHeld: true });
      const body = encodeLease(lease);
      return {
        sidecar: {
          write: { kind: 'put', key, body, label: labelOfLease(lease), isNew: true },
          written(version) {
            if (version !== null) write.written(version);
            deadlines.record(key, lease);
          },
          alone: null,
        },
        end: () => write.end(),
      };
    },

    beginRemoval(key, current, removed) {
      const { version } = current;
      const write = memory.begin(key, { base: current.lease, next: null, isHeld: true });
      return {
        lease: memory.at(key, version) ?? current.lease,
        sidecar: {
          write: { kind: 'delete', key, current },
          written() {
            forget(key);
            removed?.();
          },
          alone: null,
        },
        unsure: () => memory.requireWrites(key),
        end: () => write.end(),
      };
    },

    receiptsOf: async key => (await store.receiptsOf?.(key)) ?? [],

    removal(key, { receipt, removed }) {
      let hasHappened = false;
      return {
        sidecar: {
          write: {
            kind: 'delete',
            key,
            ...(receipt === null ? {} : { receipt }),
          },
          written() {
            hasHappened = true;
            forget(key);
            removed?.();
          },
          alone: { when: 'after', run: async () => {} },
        },
        hasHappened: () => hasHappened,
      };
    },
  };
}

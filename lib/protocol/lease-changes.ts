import type { Lease } from '../lease/lease.ts';
import type { LeaseStore } from '../storage/leases/lease-store.ts';

/** Receives the changes of leases that this process makes. It must not throw. */
export interface LeaseListener {
  /** The lease as it is stored now. */
  stored(key: string, lease: Lease): void;
  removed(key: string): void;
}

/** The listener of a process, if it has one. */
export interface LeaseChanges {
  listen(listener: LeaseListener): void;
  readonly listener: LeaseListener | null;
}

export function createLeaseChanges(): LeaseChanges {
  let current: LeaseListener | null = null;
  return {
    listen(listener) {
      current = listener;
    },
    get listener() {
      return current;
    },
  };
}

/** The lease store, with a listener that receives each change after it is stored. */
export function withLeaseChanges(inner: LeaseStore, changes: LeaseChanges): LeaseStore {
  return {
    ...inner,

    async change(key, decide) {
      const { listener } = changes;
      if (listener === null) return inner.change(key, decide);
      let written: Lease | null = null;
      const changed = await inner.change(key, current => {
        const decided = decide(current);
        // It may decide several times, and the last decision is the one that is stored.
        written = decided.ok ? (decided.value.write ?? null) : null;
        return decided;
      });
      if (changed.ok && written !== null) listener.stored(key, written);
      return changed;
    },

    async amend(key, next) {
      const amended = await inner.amend(key, next);
      if (amended.ok && amended.value !== null) changes.listener?.stored(key, amended.value);
      return amended;
    },

    async remove(key) {
      await inner.remove(key);
      changes.listener?.removed(key);
    },

    removal: (key, options) =>
      inner.removal(key, { ...options, removed: () => changes.listener?.removed(key) }),

    beginRemoval: (key, current) =>
      inner.beginRemoval(key, current, () => changes.listener?.removed(key)),

    async tryRemove(key) {
      await inner.tryRemove(key);
      changes.listener?.removed(key);
    },
  };
}

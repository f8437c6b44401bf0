import { ownText } from '../../base/own-text.ts';
import { shareRuns } from '../../base/share-runs.ts';
import { type Timestamp, toUnixMicros } from '../../base/timestamp.ts';
import { unreachable } from '../../base/unreachable.ts';
import { decodeLease, type LeaseTimes, timesFromLabel } from '../../lease/lease.ts';
import {
  type Change,
  type Follower,
  type ObjectStore,
  type StoredObject,
  StoreError,
  type Version,
} from '../../store.ts';
import type { LeaseMemory } from './lease-memory.ts';

/** The times of all leases in memory, for lists of jobs. It reads what the store's follower reports. */
export interface LeaseIndex {
  /** Resolves when the index has every write before the call. Rejects with a `StoreError`. */
  refresh(): Promise<void>;
  /** With the renewals that this process has not stored yet. `torn`: the object cannot be read. Null if there is none. */
  of(key: string): LeaseTimes | 'torn' | null;
  keys(): Iterable<string>;
  /** The keys of the leases that cannot be read. */
  torn(): Iterable<string>;
  /** Whether a lease has reached its expiry. */
  hasExpired(now: Timestamp): boolean;
  /** Another number when a lease has changed, or was renewed. */
  revision(): number;
}

interface IndexedLease extends LeaseTimes {
  readonly version: Version;
  /** In microseconds since 1970. */
  readonly expiresAtMicros: number;
}

export function createLeaseIndex({
  store,
  follower,
  memory,
}: {
  store: Pick<ObjectStore, 'get'>;
  follower: Follower;
  memory: Pick<LeaseMemory, 'timesWithRenewals' | 'revision'>;
}): LeaseIndex {
  const leases = new Map<string, IndexedLease | 'torn'>();
  let changes = 0;

  async function poll(): Promise<void> {
    for await (const change of follower.poll()) {
      changes += 1;
      const { key } = change;
      const indexed = await indexedOf(change);
      if (indexed === null) leases.delete(key);
      else leases.set(ownText(key), indexed);
    }
  }

  async function indexedOf(change: Change): Promise<IndexedLease | 'torn' | null> {
    switch (change.kind) {
      case 'removed':
        return null;
      case 'unreadable':
        return 'torn';
      case 'stored':
        return decoded(change.key, change.object);
      case 'labelled': {
        const times = timesFromLabel(change.label);
        return times === null ? read(change.key) : entryOf(times, change.version);
      }
      default:
        return unreachable(change);
    }
  }

  /** The follower does not report the same change again, so a failure of the store is noted as unreadable. */
  async function read(key: string): Promise<IndexedLease | 'torn' | null> {
    try {
      const object = await store.get(key);
      return object === null ? null : decoded(key, object);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return 'torn';
    }
  }

  return {
    refresh: shareRuns(poll),

    of(key) {
      const indexed = leases.get(key) ?? null;
      if (indexed === null || indexed === 'torn') return indexed;
      return memory.timesWithRenewals(key, indexed.version, indexed);
    },

    keys: () => leases.keys(),

    *torn() {
      for (const [key, indexed] of leases) if (indexed === 'torn') yield key;
    },

    hasExpired(now) {
      const micros = Number(toUnixMicros(now));
      for (const indexed of leases.values()) {
        if (indexed !== 'torn' && indexed.expiresAtMicros <= micros) return true;
      }
      return false;
    },

    revision: () => changes + memory.revision(),
  };
}

function decoded(key: string, { body, version }: StoredObject): IndexedLease | 'torn' {
  const lease = decodeLease(body, key);
  return lease.ok ? entryOf(lease.lease, version) : 'torn';
}

/** Without what the whole lease or label would keep in memory. */
function entryOf(times: LeaseTimes, version: Version): IndexedLease {
  const { expires_at, renewed_at, ttl_seconds, expired } = times;
  return {
    expires_at: ownText(expires_at),
    renewed_at: ownText(renewed_at),
    ttl_seconds,
    expired,
    version: ownText(version),
    expiresAtMicros: Number(toUnixMicros(expires_at)),
  };
}

import { awaitAll } from '../../base/await-all.ts';
import type { Clock } from '../../base/clock.ts';
import type { Timestamp } from '../../base/timestamp.ts';
import { ok, type Result } from '../../failure.ts';
import type { Lease } from '../../lease/lease.ts';
import { type ObjectStore, StoreError, type Version } from '../../store.ts';
import type { LeaseDeadlines } from './lease-deadlines.ts';
import type { LeaseMemory } from './lease-memory.ts';
import type { CurrentLease, LeaseObjects } from './lease-objects.ts';
import { decisionOf, type LeaseChange } from './lease-store.ts';

/** A change that renews a lease. */
export interface RenewalRequest<T> {
  readonly key: string;
  /** Pure, and may run several times. */
  readonly decide: (current: CurrentLease, now: Timestamp) => Result<LeaseChange<T>>;
}

/** The renewals of leases. Where the process stores them later, most of them stay in memory first. */
export interface LeaseRenewals {
  /**
   * Renews leases. A renewal that may stay in memory costs a look at the version of the lease, any other a get and a
   * put. An error of the store is the outcome of its lease alone.
   */
  renew<T>(requests: readonly RenewalRequest<T>[]): Promise<readonly (Result<T> | StoreError)[]>;
  /**
   * Stores the renewals of a lease that are only in memory, if they are due at `nowMs`. Does not reject: after a
   * failure the next renewal of the lease is written before it is acknowledged, so its holder gets the error.
   */
  store(key: string, nowMs: number): Promise<void>;
}

export function createLeaseRenewals({
  store,
  clock,
  leases,
  deadlines,
  memory,
  onMissed,
}: {
  store: ObjectStore;
  clock: Clock;
  leases: LeaseObjects;
  deadlines: LeaseDeadlines;
  memory: LeaseMemory;
  /** Called when the store failed, so that a renewal in memory cannot be seen by other processes. */
  onMissed: (key: string) => void;
}): LeaseRenewals {
  /** Whether the renewed lease stays in memory. */
  function defer(key: string, current: CurrentLease, renewed: Lease): boolean {
    if (current?.kind !== 'lease' || !memory.renew(key, current.version, renewed)) return false;
    deadlines.record(key, renewed);
    return true;
  }

  /** Renews a lease that is known at this version, at once. Null if that takes a turn of a writer. */
  function renewAtOnce<T>(
    { key, decide }: RenewalRequest<T>,
    { version, now }: { readonly version: Version | null; readonly now: Timestamp },
  ): Result<T> | null {
    const current = leases.knownAt(key, version);
    if (current === null) return null;
    const decided = decide(current, now);
    if (!decided.ok) return decided;
    const { write, outcome } = decided.value;
    return write === undefined || defer(key, current, write) ? ok(outcome) : null;
  }

  function renewInTurn<T>({ key, decide }: RenewalRequest<T>): Promise<Result<T>> {
    return leases.change<T>(key, {
      read: () => leases.readInTurn(key, { admits: true }),
      decide(current) {
        const decided = decide(current, clock.now());
        if (!decided.ok) return decided;
        const { write, outcome } = decided.value;
        const isDeferred = write !== undefined && defer(key, current, write);
        if (isDeferred) return ok({ kind: 'keep', outcome });
        const decision = decisionOf(decided.value);
        return ok(isPlain(current, write) ? { ...decision, isLazy: true } : decision);
      },
    });
  }

  /** The stored versions of the leases that are known. Null for the others, and where the store fails. */
  function versionsOf(
    requests: readonly RenewalRequest<unknown>[],
  ): Promise<readonly (Version | null)[]> {
    return awaitAll(
      requests.map(({ key }) =>
        memory.versionOf(key) === null ? null : store.head(key).catch(nullIfFailed),
      ),
    );
  }

  return {
    async renew<T>(requests: readonly RenewalRequest<T>[]) {
      const versions = await versionsOf(requests);
      const now = clock.now();
      const waiting = new Set<string>();
      const outcomes = requests.map((request, index) => {
        const version = versions[index] ?? null;
        // Renewals of one lease happen in their order.
        const isNext = waiting.size === 0 || !waiting.has(request.key);
        const outcome = isNext ? renewAtOnce(request, { version, now }) : null;
        if (outcome !== null) return outcome;
        waiting.add(request.key);
        return renewInTurn(request).catch(onlyStoreError);
      });
      return awaitAll(outcomes);
    },

    async store(key, nowMs) {
      try {
        const stored = await leases.change<null>(key, {
          read: () => leases.readInTurn(key, { admits: false }),
          decide(current) {
            if (current?.kind !== 'lease' || !memory.isDue(key, nowMs))
              return ok({ kind: 'keep', outcome: null });
            return ok({
              kind: 'write',
              lease: current.lease,
              outcome: () => null,
              // It changes nothing that a renewal depends on, so more renewals may come in the meantime.
              isHeld: false,
            });
          },
        });
        if (!stored.ok) miss(key);
      } catch {
        // The error is the holder's: its next renewal is written, and fails where the store still does.
        miss(key);
      } finally {
        memory.settle(key);
      }
    },
  };

  function miss(key: string): void {
    memory.requireWrites(key);
    onMissed(key);
  }
}

/** Whether a lease is only renewed. Its new ttl, or what rebuilds a lease that cannot be read, must not be lost. */
function isPlain(current: CurrentLease, renewed: Lease | undefined): boolean {
  return current?.kind === 'lease' && current.lease.ttl_seconds === renewed?.ttl_seconds;
}

function onlyStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  throw error;
}

function nullIfFailed(error: unknown): null {
  onlyStoreError(error);
  return null;
}

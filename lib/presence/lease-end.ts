import { createConcurrency } from '../base/concurrently.ts';
import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import type { Timers } from '../base/timers.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { ok } from '../failure.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import { isRenewable, millisBetween, shortenLease } from '../lease/rules.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { Expiry } from '../protocol/expiry.ts';
import { LEASE_BYTES, type WatchedLease } from './watched-lease.ts';

/** What happened without a request, for the log. */
export type PresenceReport = (
  happened:
    | { readonly kind: 'ended'; readonly leaseKey: string; readonly outcome: Expiry['outcome'] }
    | { readonly kind: 'error'; readonly error: unknown },
) => void;

export interface LeaseEndOptions {
  /** Renewals up to this time count as those of the stream; none but its own if it is left out. */
  readonly ownUpTo?: Timestamp;
}

export interface LeaseEnd {
  /**
   * Lets the lease end at `until` by compare-and-swap, and recovers its job then. It does nothing if the lease was
   * renewed in another way than by its stream, or if it is renewed before `until`. Never rejects: where the store fails, the
   * lease ends by its ttl, and a sweep recovers the job.
   */
  endAt(watched: WatchedLease, until: Timestamp, options?: LeaseEndOptions): void;
  /** Leaves all leases as they are. Settles when what has begun is finished. */
  stop(): Promise<void>;
}

/** Each one waits for the store several times. */
const CONCURRENCY = 8;
const MAX_ENDING = Math.floor(MEMORY_BOUNDS.endingLeases.bytes / LEASE_BYTES);
/** Timers may fire a little early. */
const EARLY_MS = 1;
/** A clock that was set back lets the lease run longer. The sweep recovers its job then. */
const MAX_WAITS = 3;

export function createLeaseEnd({
  leaseStore,
  expiry,
  clock,
  timers,
  report,
}: Pick<ProtocolContext, 'leaseStore' | 'expiry' | 'clock'> & {
  readonly timers: Timers;
  readonly report: PresenceReport;
}): LeaseEnd {
  const slots = createConcurrency(CONCURRENCY);
  const running = new Set<Promise<void>>();
  const waiting = new Set<() => void>();
  let isStopped = false;

  /** Runs unless the service stops. An error leaves the lease to the sweep. */
  function begin(task: () => Promise<void>): void {
    const run = slots
      .run(async () => {
        if (!isStopped) await task();
      })
      .catch((error: unknown) => report({ kind: 'error', error }))
      .finally(() => running.delete(run));
    running.add(run);
  }

  /** When the lease ends now; null if it goes on, or is over. */
  async function shorten(
    watched: WatchedLease,
    until: Timestamp,
    { ownUpTo }: LeaseEndOptions,
  ): Promise<Timestamp | null> {
    const { leaseKey } = watched.token;
    const changed = await leaseStore.change<Timestamp | null>(leaseKey, current => {
      if (current?.kind !== 'lease' || !isRenewable(current.lease)) return ok({ outcome: null });
      const { lease } = current;
      const isOwn =
        lease.renewed_at === watched.renewedAt ||
        (ownUpTo !== undefined && millisBetween(lease.renewed_at, ownUpTo) >= 0);
      if (!isOwn) return ok({ outcome: null });
      const shortened = shortenLease(lease, until);
      const outcome = shortened.expires_at;
      return ok(shortened === lease ? { outcome } : { write: shortened, outcome });
    });
    return changed.ok ? changed.value : null;
  }

  function recoverAt(leaseKey: string, until: Timestamp, waits = 0): void {
    const leftMs = millisBetween(clock.now(), until);
    if (leftMs <= 0) begin(() => recover(leaseKey));
    if (leftMs <= 0 || waits === MAX_WAITS || waiting.size >= MAX_ENDING) return;
    const cancel = timers.after(leftMs + EARLY_MS, () => {
      waiting.delete(cancel);
      recoverAt(leaseKey, until, waits + 1);
    });
    waiting.add(cancel);
  }

  async function recover(leaseKey: string): Promise<void> {
    const parsed = parseLeaseKey(leaseKey);
    if (parsed === null) return;
    const expired = await expiry.expire({ ...parsed, leaseKey });
    if (!expired.ok) return;
    const { outcome } = expired.value;
    if (outcome !== 'alive' && outcome !== 'orphan') report({ kind: 'ended', leaseKey, outcome });
  }

  return {
    endAt(watched, until, options = {}) {
      begin(async () => {
        // The renewal under way is one by the stream, too.
        await watched.renewing;
        const endsAt = await shorten(watched, until, options);
        if (endsAt !== null && !isStopped) recoverAt(watched.token.leaseKey, endsAt);
      });
    },

    async stop() {
      isStopped = true;
      for (const cancel of waiting) cancel();
      waiting.clear();
      await Promise.all(running);
    },
  };
}

import type { Reachability } from '../availability/availability.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { LeaseIndex } from '../storage/leases/lease-index.ts';
import { StoreError } from '../store.ts';
import { createMoment, type ListedHolding, type LiveMoment } from './live-moment.ts';

export interface LiveReader {
  /**
   * Brings leases and hints up to date. On a store that lists it costs one list of each, and reads only those whose labels
   * are not enough. Rejects with a `StoreError`.
   */
  read(): Promise<LiveMoment>;
  /** Another number when a lease or a hint has changed. */
  revision(): number;
}

type LiveParts = Pick<
  ProtocolContext,
  'store' | 'clock' | 'queue' | 'leaseIndex' | 'availability' | 'reader' | 'holdings'
>;

/** The jobs of more are shown as those of dead holders. */
const MAX_TORN = 100;

const UNPROTECTED: Reachability = { graceEndOf: () => null };

export function createLiveReader(parts: LiveParts): LiveReader {
  const { store, clock, queue, availability, reader, holdings } = parts;

  /** Leases that cannot be read. Their jobs are read, as for the explanation of one job. There are hardly any. */
  async function readTorn(leases: LeaseIndex): Promise<Map<string, ListedHolding>> {
    const torn = new Map<string, ListedHolding>();
    for (const key of [...leases.torn()].slice(0, MAX_TORN)) {
      const target = parseLeaseKey(key);
      if (target === null) continue;
      try {
        const job = await reader.read(target.jobKey);
        if (job?.kind !== 'job') continue;
        const holding = await holdings.of(job.state);
        if (holding.kind === 'none' || holding.target.leaseKey !== key) continue;
        torn.set(key, holding);
      } catch (error) {
        // The job is shown as one whose lease is gone.
        if (!(error instanceof StoreError)) throw error;
      }
    }
    return torn;
  }

  return {
    async read() {
      // A store without compare-and-swap has neither leases nor hints.
      if (!store.traits.compareAndSwap) return createMoment({ now: clock.now(), leases: null });
      const leases = parts.leaseIndex();
      const waiting = queue.waiting();
      await leases.refresh();
      await waiting.refresh();
      const torn = await readTorn(leases);
      const asked = clock.now();
      const reachability = leases.hasExpired(asked)
        ? await availability.getReachability(asked)
        : UNPROTECTED;
      const now = clock.now();
      return createMoment({ now, leases, hints: waiting.byJob(), torn, reachability });
    },

    revision() {
      if (!store.traits.compareAndSwap) return 0;
      return parts.leaseIndex().revision() + queue.waiting().revision();
    },
  };
}

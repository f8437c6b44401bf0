import { createConcurrency } from '../base/concurrently.ts';
import type { Timers } from '../base/timers.ts';
import type { Lease } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { PresenceStream } from './presence-stream.ts';
import type { WatchedLease } from './watched-lease.ts';

/** Finds out what other processes have changed, for example when an operator's call arrived at one of them. */
export interface ForeignLook {
  /**
   * Asks for the versions of leases that were not looked at for a while, and reads those that have changed. `found`
   * gets the lease, or null if it is gone or unreadable. One look runs at a time. Does nothing on a store with labels,
   * where each look is an operation of the platform: there the next renewal finds the changes.
   */
  look(
    keepers: ReadonlyMap<string, PresenceStream>,
    found: (key: string, lease: Lease | null) => void,
  ): Promise<void>;
}

const LOOK_MS = 750;
/** With more leases each one is looked at more rarely. */
const MAX_LOOKS = 500;
const CONCURRENCY = 8;

export function createForeignLook({
  store,
  leaseStore,
  timers,
}: Pick<ProtocolContext, 'store' | 'leaseStore'> & { readonly timers: Timers }): ForeignLook {
  const slots = createConcurrency(CONCURRENCY);
  let isLooking = false;

  function due(keepers: ReadonlyMap<string, PresenceStream>, now: number) {
    const leases: WatchedLease[] = [];
    for (const [key, stream] of keepers) {
      const watched = stream.leases.get(key);
      if (watched !== undefined && now - watched.lookedAtMs >= LOOK_MS) leases.push(watched);
    }
    if (leases.length <= MAX_LOOKS) return leases;
    return leases.toSorted((left, right) => left.lookedAtMs - right.lookedAtMs).slice(0, MAX_LOOKS);
  }

  return {
    async look(keepers, found) {
      if (isLooking || !store.traits.sharedBetweenProcesses || store.traits.labels) return;
      isLooking = true;
      const now = timers.elapsedMs();
      try {
        await Promise.all(
          due(keepers, now).map(watched =>
            slots.run(async () => {
              const { leaseKey } = watched.token;
              watched.lookedAtMs = now;
              const version = await store.head(leaseKey);
              if (version !== null && version === watched.version) return;
              const current = await leaseStore.read(leaseKey);
              watched.version = version;
              found(leaseKey, current?.kind === 'lease' ? current.lease : null);
            }),
          ),
        );
      } finally {
        isLooking = false;
      }
    },
  };
}

import type { Availability } from '../../lib/availability/availability.ts';
import type { ProcessAvailability } from '../../lib/availability/process.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { type Timers, waitWith } from '../../lib/base/timers.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createSweepLeader } from '../../lib/sweep/leader.ts';
import { type Leading, startLeading } from '../../lib/sweep/leading.ts';
import { logLeaderEvent } from '../entry/leader-log.ts';
import type { DenoApi } from './api.ts';

declare const Deno: DenoApi;

/** Which process sweeps a store that several machines use. */
export interface DenoLeading {
  readonly availability: Availability;
  /** Whether this process sweeps. */
  isDue(): boolean;
  /** Looks who leads, at intervals; called again it changes nothing. Settles with the first look. */
  start(): Promise<void>;
  /** Another process may take over at once. Settles when the store knows it, or cannot be reached. */
  stop(): Promise<void>;
}

/** `takeOver` is called when this process leads from now on. */
export function createLeading({
  store,
  availability,
  timers,
  takeOver,
}: {
  readonly store: ObjectStore;
  readonly availability: ProcessAvailability;
  readonly timers: Timers;
  readonly takeOver: () => void;
}): DenoLeading {
  const leader = createSweepLeader({
    store,
    clock: systemClock,
    timers,
    availability,
    id: systemRandom.id(),
    // The name of the machine would need a permission more.
    name: `${Deno.env.get('HOSTNAME') ?? 'deno'}:${Deno.pid}`,
    mayLead: true,
    report(event) {
      logLeaderEvent(event);
      if (event.kind === 'leads') takeOver();
    },
  });
  let leading: Leading | null = null;

  return {
    availability: leader.availability,
    isDue: () => leader.isDue(),
    start() {
      leading ??= startLeading(leader, waitWith(timers));
      return leading.looked;
    },
    async stop() {
      await leading?.stop();
    },
  };
}

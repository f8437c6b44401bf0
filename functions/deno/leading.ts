import type { Availability } from '../../lib/availability/availability.ts';
import type { ProcessAvailability } from '../../lib/availability/process.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { systemTimers } from '../../lib/base/timers.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createSweepLeader } from '../../lib/sweep/leader.ts';
import { logLeaderEvent } from '../entry/leader-log.ts';
import type { DenoApi } from './api.ts';

declare const Deno: DenoApi;

/** Which process sweeps a store that several machines use. */
export interface Leading {
  readonly availability: Availability;
  /** Whether this process sweeps. */
  isDue(): boolean;
  /** Looks who leads, at intervals. */
  start(): void;
  /** Another process may take over at once. Settles when the store knows it, or cannot be reached. */
  stop(): Promise<void>;
}

/** `takeOver` is called when this process leads from now on. */
export function createLeading({
  store,
  availability,
  takeOver,
}: {
  readonly store: ObjectStore;
  readonly availability: ProcessAvailability;
  readonly takeOver: () => void;
}): Leading {
  const leader = createSweepLeader({
    store,
    clock: systemClock,
    timers: systemTimers,
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
  let isStopped = false;
  let step: Promise<void> = Promise.resolve();
  let cancel = (): void => {};

  async function run(): Promise<void> {
    await leader.step();
    if (!isStopped) cancel = systemTimers.after(leader.delayMs(), next);
  }

  function next(): void {
    step = run();
  }

  return {
    availability: leader.availability,
    isDue: () => leader.isDue(),
    start: next,
    async stop() {
      isStopped = true;
      cancel();
      await step;
      await leader.resign();
    },
  };
}

import { createProcessAvailability, TICK_MS } from '../../lib/availability/process.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createSweepLeader, type LeaderEvent, type SweepLeader } from '../../lib/sweep/leader.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';

/** A service process on a machine of its own. */
export interface Machine {
  readonly app: AppClient;
  readonly leader: SweepLeader;
  readonly clock: MovableClock;
  readonly events: readonly LeaderEvent[];
  /** The process dies. */
  kill(): void;
  /** The process does not run for so long, while all others do. */
  stall(milliseconds: number): void;
}

/** Machines with clocks of their own and a steady time that passes for all of them alike. */
export interface Machines {
  /** Starts a process whose clock is ahead by so much. It has looked once. */
  start(
    store: ObjectStore,
    options?: { readonly aheadMs?: number; readonly mayLead?: boolean },
  ): Promise<Machine>;
  /** Lets time pass. Each process ticks, and looks when it is due. */
  run(milliseconds: number): Promise<void>;
}

interface Running {
  readonly clock: MovableClock;
  readonly tick: () => void;
  readonly leader: SweepLeader;
  nextLookMs: number;
  stalledUntilMs: number;
}

export function createMachines(): Machines {
  const running = new Set<Running>();
  let elapsedMs = 0;
  let started = 0;

  return {
    async start(store, { aheadMs = 0, mayLead = true } = {}) {
      started += 1;
      const clock = frozenClock();
      clock.advance(elapsedMs + aheadMs);
      const events: LeaderEvent[] = [];
      const availability = createProcessAvailability(clock);
      const leader = createSweepLeader({
        store,
        clock,
        timers: { elapsedMs: () => elapsedMs },
        availability,
        id: `process-${started}`,
        name: `machine-${started}`,
        mayLead,
        report: event => void events.push(event),
      });
      const app = openApp({ store, clock, availability: leader.availability, seed: started });
      availability.begin();
      await leader.step();
      const one: Running = {
        clock,
        tick: availability.tick,
        leader,
        nextLookMs: elapsedMs + leader.delayMs(),
        stalledUntilMs: 0,
      };
      running.add(one);
      return {
        app,
        leader,
        clock,
        events,
        kill: () => void running.delete(one),
        stall(milliseconds) {
          one.stalledUntilMs = elapsedMs + milliseconds;
        },
      };
    },

    async run(milliseconds) {
      for (let passed = 0; passed < milliseconds; passed += TICK_MS) {
        elapsedMs += TICK_MS;
        for (const one of running) {
          one.clock.advance(TICK_MS);
          if (elapsedMs < one.stalledUntilMs) continue;
          one.tick();
          if (elapsedMs < one.nextLookMs) continue;
          await one.leader.step();
          one.nextLookMs = elapsedMs + one.leader.delayMs();
        }
      }
    },
  };
}

import type { Clock } from '../../lib/base/clock.ts';
import type { Alarm } from '../../lib/storage/leases/write-behind.ts';

/** An alarm that rings when the test says so, by the clock of the test. */
export interface ManualAlarm {
  readonly alarm: Alarm;
  /** Runs what is due, and what becomes due by that. Settles when all of it has ended. */
  ring(): Promise<void>;
  /** In how many milliseconds it rings next; null where it is not set. */
  nextInMs(): number | null;
}

export function manualAlarm(clock: Clock): ManualAlarm {
  const set = new Map<object, { readonly atMs: number; readonly task: () => Promise<void> }>();

  return {
    alarm(milliseconds, task) {
      const id = {};
      set.set(id, { atMs: clock.millis() + milliseconds, task });
      return () => set.delete(id);
    },

    async ring() {
      for (;;) {
        const due = [...set].find(([, { atMs }]) => atMs <= clock.millis());
        if (due === undefined) return;
        const [id, { task }] = due;
        set.delete(id);
        await task();
      }
    },

    nextInMs() {
      const times = [...set.values()].map(({ atMs }) => atMs - clock.millis());
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}

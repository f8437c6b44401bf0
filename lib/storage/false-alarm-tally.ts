/** False alarms that a process has counted since it started. */
export interface Tally {
  readonly count: number;
  readonly worst_late_seconds: number;
}

export interface FalseAlarmTally {
  add(lateSeconds: number): void;
  read(): Tally;
}

export function createFalseAlarmTally(): FalseAlarmTally {
  let tally: Tally = { count: 0, worst_late_seconds: 0 };
  return {
    add(lateSeconds) {
      const worst_late_seconds = Math.max(tally.worst_late_seconds, lateSeconds);
      tally = { count: tally.count + 1, worst_late_seconds };
    },
    read: () => tally,
  };
}

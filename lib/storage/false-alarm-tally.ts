/** How often holders were late, as a process has counted since it started. */
export interface Tally {
  readonly count: number;
  readonly worst_late_seconds: number;
  /** A ttl that would have been long enough for each of those whose ttl is known. Left out where none is. */
  readonly suggested_ttl_seconds?: number;
}

export interface FalseAlarmTally {
  /** `coveringTtl`: a ttl in seconds that would have been long enough. */
  add(lateSeconds: number, coveringTtl?: number): void;
  read(): Tally;
}

export function createFalseAlarmTally(): FalseAlarmTally {
  let tally: Tally = { count: 0, worst_late_seconds: 0 };
  return {
    add(lateSeconds, coveringTtl = 0) {
      const suggested = Math.max(tally.suggested_ttl_seconds ?? 0, coveringTtl);
      tally = {
        count: tally.count + 1,
        worst_late_seconds: Math.max(tally.worst_late_seconds, lateSeconds),
        ...(suggested === 0 ? {} : { suggested_ttl_seconds: suggested }),
      };
    },
    read: () => tally,
  };
}

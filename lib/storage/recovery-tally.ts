/** What became of the jobs of expired leases. */
export type RecoveryOutcome = 'recovered' | 'failed' | 'cancelled';

/** Jobs that a process has taken from dead holders since it started, in sweeps, claims and all else. */
export interface RecoveryTally {
  add(outcome: RecoveryOutcome): void;
  read(): Readonly<Record<RecoveryOutcome, number>>;
}

export function createRecoveryTally(): RecoveryTally {
  const counts: Record<RecoveryOutcome, number> = { recovered: 0, failed: 0, cancelled: 0 };
  return {
    add(outcome) {
      counts[outcome] += 1;
    },
    read: () => ({ ...counts }),
  };
}

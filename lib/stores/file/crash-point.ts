/** The moments within a write at which a process may die, in order. */
export type CrashPoint =
  | 'opened'
  | 'locked'
  | 'wrote'
  | 'filled'
  | 'synced'
  | 'linked'
  | 'unlinked'
  | 'claimed'
  | 'recorded'
  | 'renamed'
  | 'released'
  | 'settled';

/** Called at every crash point. Tests use it to end the process there. */
export type OnCrashPoint = (point: CrashPoint) => void;

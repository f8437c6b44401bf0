/** A moment within a write, in the order of their coming. A process may die at each. */
export type Step =
  | 'opened'
  | 'locked'
  | 'wrote'
  | 'filled'
  | 'synced'
  | 'linked'
  | 'unlinked'
  | 'claimed'
  | 'renamed'
  | 'released'
  | 'settled';

/** Is told of every step. A seam for tests that end the process at one. */
export type Steps = (step: Step) => void;

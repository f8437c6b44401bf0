/** What one call of a scheduled sweep may spend. */
export interface SweepBudget {
  /** Lease objects in a pass. */
  readonly leases: number;
  /** Stored jobs that a call examines for lease objects that are gone. */
  readonly jobs: number;
  /** Operations on the medium, as the platform counts them. */
  readonly operations: number;
  /** Bytes of bodies read and written: parsing them takes most of the processor time. */
  readonly bodyBytes: number;
  /** Jobs that are recovered at a time. Above one, bodies may exceed the budget before they are counted. */
  readonly concurrency: number;
}

/** What the call has spent so far; grows while it runs. */
export interface Spending {
  readonly operations: number;
  readonly bodyBytes: number;
}

/** What is left of a budget, less what is reserved for the recoveries that run. */
export interface Allowance {
  /** Whether one more page of a list may be asked for. */
  hasBudgetForPage(): boolean;
  /** Whether one more job may be recovered. */
  hasBudgetForRecovery(): boolean;
  /**
   * Whether one more lease that runs may be examined. However many run, the call then still has budget for a
   * page of jobs and for recovering one of them.
   */
  hasBudgetForRunningLease(): boolean;
  /** Reserves what one recovery may take. Returns the function that gives it back. */
  reserveRecovery(): () => void;
}

const OPERATIONS = {
  page: 1,
  /** The most that recovering one job takes, with one retry after a lost answer. */
  recovery: 12,
  /** To record that the call is under way, and where the next one continues. */
  place: 2,
} as const;

export function createAllowance(budget: SweepBudget, spending: Spending): Allowance {
  let recoveries = 0;

  function hasOperations(count: number): boolean {
    const reserved = recoveries * OPERATIONS.recovery + OPERATIONS.place;
    return spending.operations + reserved + count <= budget.operations;
  }

  return {
    hasBudgetForPage: () => hasOperations(OPERATIONS.page),
    hasBudgetForRecovery: () =>
      spending.bodyBytes < budget.bodyBytes && hasOperations(OPERATIONS.recovery),
    // The first page is that of the next lease.
    hasBudgetForRunningLease: () => hasOperations(2 * OPERATIONS.page + OPERATIONS.recovery),

    reserveRecovery() {
      recoveries += 1;
      return () => {
        recoveries -= 1;
      };
    },
  };
}

import { createHistogram, type Histogram } from './histogram.ts';

/** The operations of a store that are timed. Of a list the time is that until its first entry. */
export const STORE_OPERATIONS = ['get', 'head', 'put', 'delete', 'list', 'poll'] as const;
export type StoreOperation = (typeof STORE_OPERATIONS)[number];

/** `refused`: the precondition of a put or a delete did not hold. `failed`: the medium failed. */
export const STORE_RESULTS = ['done', 'refused', 'failed'] as const;
export type StoreResult = (typeof STORE_RESULTS)[number];

export interface OperationTiming {
  readonly durations: Histogram;
  readonly results: Record<StoreResult, number>;
}

/** What the operations of a store have taken since the start. */
export type StoreTiming = Readonly<Record<StoreOperation, OperationTiming>>;

export function createStoreTiming(): StoreTiming {
  const timing = (): OperationTiming => ({
    durations: createHistogram(),
    results: { done: 0, refused: 0, failed: 0 },
  });
  return {
    get: timing(),
    head: timing(),
    put: timing(),
    delete: timing(),
    list: timing(),
    poll: timing(),
  };
}

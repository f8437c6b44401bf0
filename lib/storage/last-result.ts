import type { Timestamp } from '../base/timestamp.ts';

/** A result as an answer shows it, with the time when it was made. */
export type DatedResult = { readonly at: Timestamp } & object;

/** The last result of something that runs from time to time. Plain data, so that the requests of a process can share it. */
export interface LastResult {
  set(at: Timestamp, result: object): void;
  /** Null before the first. */
  get(): DatedResult | null;
}

export function createLastResult(): LastResult {
  let last: DatedResult | null = null;
  return {
    set(at, result) {
      last = { at, ...result };
    },
    get: () => last,
  };
}

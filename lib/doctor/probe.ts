/** One check of a store. */
export interface Probe {
  readonly name: string;
  /** Whether leases depend on it. */
  readonly vital: boolean;
  /** Null where the store does what it should, else what it did instead. Rejects where it did not answer. */
  readonly run: () => Promise<string | null>;
}

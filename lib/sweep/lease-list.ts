import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { expiryFromLabel, LEASE_KEYS } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { ObjectStore } from '../store.ts';

/** A lease object, as a list of the store shows it. */
export interface ListedLease {
  readonly key: string;
  /** Whether its label says that the lease runs: then it costs nothing more. Any other has to be read. */
  readonly isKnownToRun: boolean;
}

/** The lease objects behind the cursor, null for all, in the order of their keys. Costs the pages of the list. */
export async function* listLeases(
  { store, clock }: { readonly store: ObjectStore; readonly clock: Clock },
  cursor: string | null,
): AsyncGenerator<ListedLease> {
  for await (const { key, label } of store.list(LEASE_KEYS, cursor ?? LEASE_KEYS)) {
    yield { key, isKnownToRun: label !== null && saysRunning(label, clock.now()) };
  }
}

function saysRunning(label: string, now: Timestamp): boolean {
  const end = expiryFromLabel(label);
  return end !== null && isRunning({ expires_at: end }, now);
}

import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { integerText } from '../schema/integer.ts';
import { jobLeaseOf } from './job-lease.ts';
import type { Lease } from './lease.ts';

/** What the messages of recovered jobs begin with. */
export const RECOVERY = 'Zombie recovery:';

/** The message of a recovered job. It is also shown for a job that waits for its recovery. */
export function recoveryMessage(state: CheckpointState, lease: Lease | null): string {
  const { epoch, lease: named } = jobLeaseOf(state);
  const holder = JSON.stringify(named?.holder ?? lease?.holder ?? '');
  const when = lease === null ? 'is unreadable or gone' : `expired at ${lease.expires_at}`;
  const sheet = nextSheet(state);
  const from = sheet === null ? 'no sheet is left' : `sheet ${integerText(sheet)} is next`;
  return `${RECOVERY} the lease of ${holder} (epoch ${epoch}) ${when}; ${from}`;
}

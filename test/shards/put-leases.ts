import { safeName } from '../../lib/keys/job-id.ts';
import { encodeLease, labelOfLease, leaseKey } from '../../lib/lease/lease.ts';
import { createLease } from '../../lib/lease/rules.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import type { ShardWorld } from './shard-world.ts';

const LEASE_ID = 'a'.repeat(32);
const DIGEST = '0'.repeat(64);

/** Stores leases without their jobs, for what reads no job: many are made in a short time. Their tokens. */
export function putLeases(
  { store, clock }: Pick<ShardWorld, 'store' | 'clock'>,
  jobIds: readonly string[],
): Promise<PresentedToken[]> {
  return Promise.all(
    jobIds.map(async job_id => {
      const ask = {
        job_id,
        lease_id: LEASE_ID,
        epoch: 1,
        holder: 'w-1',
        token_sha256: DIGEST,
        ttl_seconds: 60,
        request_sha256: null,
      };
      const lease = createLease(ask, clock.now());
      const token = {
        leaseKey: leaseKey(job_id, LEASE_ID),
        safeName: safeName(job_id),
        leaseId: LEASE_ID,
        sha256: DIGEST,
      };
      await store.put(token.leaseKey, encodeLease(lease), UNCONDITIONAL, labelOfLease(lease));
      return token;
    }),
  );
}

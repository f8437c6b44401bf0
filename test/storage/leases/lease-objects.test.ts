import { expect, it } from 'vitest';
import { ok } from '../../../lib/failure.ts';
import { leaseKey } from '../../../lib/lease/lease.ts';
import { renewLease } from '../../../lib/lease/rules.ts';
import { createRetry } from '../../../lib/storage/commit/retry.ts';
import { createObjectWriter } from '../../../lib/storage/compare-and-swap.ts';
import { createLeaseDeadlines } from '../../../lib/storage/leases/lease-deadlines.ts';
import { createLeaseMemory } from '../../../lib/storage/leases/lease-memory.ts';
import { createLeaseObjects } from '../../../lib/storage/leases/lease-objects.ts';
import { createLeaseStore } from '../../../lib/storage/leases/lease-store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { afterNoon, aLease } from '../../support/lease.ts';
import { seededRandom } from '../../support/random.ts';

it('change() decides on the renewals that came after it read the lease', async () => {
  const store = createMemoryStore();
  const memory = createLeaseMemory({ onDue: () => undefined });
  const leases = createLeaseObjects({
    store,
    objects: createObjectWriter({ store, retry: createRetry(seededRandom()) }),
    deadlines: createLeaseDeadlines(),
    memory,
  });
  const lease = aLease();
  const key = leaseKey(lease.job_id, lease.lease_id);
  await createLeaseStore(leases).create(lease);
  const seen = await leases.change<number>(key, {
    async read() {
      const found = await leases.readInTurn(key, { admits: false });
      const beat = { progress: undefined, ttlSeconds: undefined };
      if (found !== null) memory.renew(key, found.version, renewLease(lease, beat, afterNoon(1)));
      return found;
    },
    decide: current =>
      ok({ kind: 'keep', outcome: current?.kind === 'lease' ? current.lease.renewals : 0 }),
  });
  expect(seen).toEqual(ok(1));
});

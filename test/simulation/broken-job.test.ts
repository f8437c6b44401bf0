import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, claimed as claimedJob } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';

/** A store that cannot read one of its objects. */
function storeWithBroken(broken: (key: string) => boolean): ObjectStore {
  const inner = withSeparatePuts(createMemoryStore());
  return {
    ...inner,
    async get(key) {
      if (broken(key)) throw new StoreError('The disk has a bad sector');
      return inner.get(key);
    },
    async head(key) {
      if (broken(key)) throw new StoreError('The disk has a bad sector');
      return inner.head(key);
    },
  };
}

async function withBrokenJob() {
  let isBroken = false;
  const app = openApp({ store: storeWithBroken(key => isBroken && key === 'jobs/bad.json') });
  await app.create({ job_id: 'bad' });
  await app.create({ job_id: 'good' });
  isBroken = true;
  return app;
}

const claim = { json: { holder: 'w-1' } };

describe('a job that the store cannot read', () => {
  it('keeps no other from being claimed', async () => {
    const app = await withBrokenJob();
    const claimed = await app.ask('POST', '/v1/claims', claim);
    expect(claimed.json).toMatchObject({ lease: { job_id: 'good' } });
  });

  it('is not passed over in silence when no other waits', async () => {
    const app = await withBrokenJob();
    await app.ask('POST', '/v1/claims', claim);
    const claimed = await app.ask('POST', '/v1/claims', claim);
    expect(claimed).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
  });
});

describe('a lease that is over and that the store cannot read', () => {
  it('keeps no other job from being recovered by a claim', async () => {
    const clock = frozenClock();
    let broken = '';
    const app = openApp({ store: storeWithBroken(key => key === broken), clock });
    await app.create();
    const first = await acquire(app);
    await app.create({ job_id: 'job-2' });
    await acquire(app, { path: '/v1/jobs/job-2' });
    broken = first.key;
    clock.advance(70_000);
    expect(await claimedJob(app)).toBe('job-2');
  });
});

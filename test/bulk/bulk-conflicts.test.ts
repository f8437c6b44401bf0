import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { openApp } from '../support/app.ts';
import { acquire, beat } from '../support/leasing.ts';
import { bulk, statuses, withJobs } from './bulk-calls.ts';

describe('POST /v1/bulk on jobs that change after the list', () => {
  it.each([
    ['delete', 'resume', 'version_conflict', 'paused'],
    ['resume', 'cancel', 'version_conflict', 'cancelled'],
    ['complete', 'resume', 'version_conflict', 'paused'],
    ['cancel', 'resume', 'version_conflict', 'paused'],
  ])(
    'POST %s skips a failed job on which another caller did %s since it was listed',
    async (action, other, code, status) => {
      const { app: setup } = await withJobs(2);
      await setup.ask('POST', '/v1/jobs/job-1/fail');
      let isChanged = false;
      // Read for the list, and then for the change.
      const store: ObjectStore = {
        ...setup.store,
        async get(key) {
          if (hasListed && !isChanged) {
            isChanged = true;
            await setup.ask('POST', `/v1/jobs/job-1/${other}`);
          }
          return setup.store.get(key);
        },
      };
      const app = openApp({ store, seed: 2 });
      let hasListed = false;
      await statuses(app);
      hasListed = true;
      const report = await bulk(app, { action, filter: { status: 'failed' } });
      expect(report).toMatchObject({ matched: 1, done: 0, skipped: [{ job_id: 'job-1', code }] });
      expect(await statuses(setup)).toMatchObject({ 'job-1': status });
    },
  );

  it.each([
    ['cancel', false],
    ['cancel', true],
    ['resume', false],
    ['complete', true],
    ['delete', false],
    ['delete', true],
  ])(
    'POST %s of zombies (force: %s) skips a job whose holder has returned since it was listed',
    async (action, force) => {
      const { app: setup, clock } = await withJobs(1);
      const held = await acquire(setup);
      await beat(setup, held);
      clock.advance(60_000);
      let isListed = false;
      const store: ObjectStore = {
        ...setup.store,
        async get(key) {
          if (isListed && key.startsWith('leases/')) {
            isListed = false;
            expect((await beat(setup, held)).status).toBe(200);
          }
          return setup.store.get(key);
        },
      };
      const app = openApp({ store, clock, seed: 2 });
      await app.ask('GET', '/v1/jobs?standing=zombie');
      isListed = true;
      const report = await bulk(app, { action, filter: { standing: ['zombie'] }, force });
      expect(report).toMatchObject({
        matched: 1,
        pending: 0,
        skipped: [{ job_id: 'job-1', code: expect.stringMatching(/version_conflict|lease_held/) }],
      });
      const why = await setup.ask('GET', '/v1/jobs/job-1/why');
      expect(why.json).toMatchObject({ standing: 'held', requested: null });
    },
  );
});

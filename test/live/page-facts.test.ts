import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { openJobShards } from '../stores/store-kinds.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire } from '../support/leasing.ts';

describe('a live page of a store with counts by status', () => {
  it('looks up the leases and hints of its jobs, and lists none', async () => {
    const clock = frozenClock();
    const store = await openJobShards(() => clock.millis());
    const listed: string[] = [];
    const watched: ObjectStore = {
      ...store,
      list(prefix, ...rest) {
        listed.push(prefix);
        return store.list(prefix, ...rest);
      },
    };
    const app = openApp({ store: watched, clock });
    for (const job_id of ['a', 'b', 'c']) await app.create({ job_id });
    await acquire(app, { path: '/v1/jobs/a' });
    await app.ask('POST', '/v1/jobs/c/pause');
    listed.length = 0;
    const { text } = await app.ask('GET', '/v1/jobs?view=live');
    const { jobs } = JSON.parse(text);
    const standings = jobs.map((job: { job_id: string; standing: string }) => [
      job.job_id,
      job.standing,
    ]);
    expect(Object.fromEntries(standings)).toEqual({ a: 'held', b: 'waiting', c: 'resting' });
    expect(listed).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import {
  bytesPut,
  countsOf,
  fillStore,
  keysListed,
  keysRead,
  openCounted,
} from '../support/counting-store.ts';

const JOB = '/v1/jobs/job-1';
const LEASE = `${JOB}/lease`;
const PAST_ANY_TTL_MS = 3_601_000;

/** A held job of about so many bytes. */
async function heldJob(bytes: number) {
  const app = openCounted();
  await app.create({ config_snapshot: { text: 'x'.repeat(bytes) } });
  return { app, headers: await app.hold('job-1') };
}

describe('what a heartbeat costs', () => {
  const sizes = [
    ['14 KB', 14_000],
    ['5 MB', 5_000_000],
  ] as const;

  it.each(sizes)(
    'PUT lease reads and writes one lease object, of a job of %s',
    async (_, bytes) => {
      const { app, headers } = await heldJob(bytes);
      const json = { progress: { sheet: 2, done: 'x'.repeat(200) }, ttl_seconds: 60 };
      const { calls } = await app.spend('PUT', LEASE, { json, headers });
      expect(countsOf(calls)).toEqual({ 'get leases/': 1, 'put leases/': 1 });
      expect(bytesPut(calls, 'leases/')).toBeLessThan(1000);
    },
  );

  it.each(sizes)('each of a batch costs as much, of a job of %s', async (_, bytes) => {
    const { app, headers } = await heldJob(bytes);
    await app.create({ job_id: 'job-2' });
    const others = await app.hold('job-2');
    const tokens = [headers, others].map(sent => sent['Lease-Token']);
    const json = { beats: tokens.map(token => ({ token, progress: 'x'.repeat(200) })) };
    const { calls } = await app.spend('POST', '/v1/heartbeats', { json });
    expect(countsOf(calls)).toEqual({ 'get leases/': 2, 'put leases/': 2 });
    expect(bytesPut(calls, 'leases/')).toBeLessThan(2000);
  });

  it('PUT lease writes the same bytes, whatever the job takes', async () => {
    const written = [];
    for (const [, bytes] of sizes) {
      const { app, headers } = await heldJob(bytes);
      const { calls } = await app.spend('PUT', LEASE, { headers });
      written.push(bytesPut(calls, 'leases/'));
    }
    expect(written[1]).toBe(written[0]);
  });
});

const RUNNING = ['r-0', 'r-1', 'r-2', 'r-3', 'r-4', 'r-5', 'r-6', 'r-7', 'r-8', 'r-9'];

/** A process that is new to a store with ten running jobs, `zombies` among them, and finished ones. */
async function tenRunning(options: { finished: number; zombies: readonly string[] }) {
  const store = createMemoryStore();
  await fillStore(store, { count: options.finished, status: 'completed', prefix: 'f' });
  const app = openCounted(store);
  const live = RUNNING.filter(jobId => !options.zombies.includes(jobId));
  for (const jobId of RUNNING) await app.create({ job_id: jobId });
  for (const jobId of options.zombies) await app.hold(jobId);
  app.clock.advance(PAST_ANY_TTL_MS);
  for (const jobId of live) await app.hold(jobId);
  return app.restarted();
}

describe('what a sweep costs', () => {
  it('a sweep reads the leases and no job where nobody is dead, however many jobs are finished', async () => {
    const app = await tenRunning({ finished: 1000, zombies: [] });
    const { calls } = await app.spend('POST', '/v1/sweep');
    expect(countsOf(calls)).toEqual({ 'list leases/': 1, 'get leases/': 10 });
    expect(keysListed(calls, 'leases/')).toBe(10);
  });

  it('a sweep reads the jobs of zombies and no others', async () => {
    const zombies = ['r-1', 'r-4', 'r-8'];
    const app = await tenRunning({ finished: 1000, zombies });
    const { calls } = await app.spend('POST', '/v1/sweep');
    expect(keysRead(calls, 'jobs/')).toEqual(zombies.map(jobId => `jobs/${jobId}.json`));
  });

  it('a sweep with three zombies costs a sweep and three expiries', async () => {
    const app = await tenRunning({ finished: 1000, zombies: ['r-1', 'r-4', 'r-8'] });
    const { calls } = await app.spend('POST', '/v1/sweep');
    expect(countsOf(calls)).toEqual({
      'list leases/': 1,
      'get leases/': 10,
      'put leases/': 3,
      'get jobs/': 3,
      'put ready/': 3,
      'put jobs/': 3,
      'get lapses/': 3,
      'put lapses/': 3,
      'delete leases/': 3,
    });
  });
});

import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { Answer } from '../support/app.ts';
import { makeLastingFolder } from '../support/temporary-folder.ts';
import { buildWorker } from './cloudflare-bundle.ts';
import { type EmulatedWorker, startEmulation, type WorkerOptions } from './cloudflare-emulation.ts';

const { script } = await buildWorker();
const token = await mintAccessToken(systemRandom.secret());

const folder = await makeLastingFolder();
afterAll(() => rm(folder, { recursive: true }));

const VARS = { PLAN: 'paid', MOVE_DELAY_SECONDS: '1' };

/** A deployment over what the last one left. */
async function deploy(
  options: WorkerOptions,
  task: (worker: EmulatedWorker) => Promise<void>,
): Promise<void> {
  const vars = { ...VARS, ...options.vars };
  const emulation = await startEmulation({
    script,
    folder,
    workers: { moves: { token, ...options, vars } },
  });
  onTestFinished(() => emulation.stop().catch(() => undefined));
  await task(emulation.worker('moves'));
  await emulation.stop();
}

/** As the command does it. */
async function moveAll(worker: EmulatedWorker): Promise<unknown> {
  for (;;) {
    const { json } = await worker.ask('POST', '/v1/move');
    const { move } = json as { move: { state: string } | null };
    if (move === null || move.state === 'done') return move;
  }
}

async function keysIn(worker: EmulatedWorker): Promise<string[]> {
  const { objects } = await (await worker.bucket()).list({});
  return objects.map(({ key }) => key.slice(0, key.indexOf('/'))).toSorted();
}

describe('a deployment with shards, and back', () => {
  const headers: Record<string, string> = {};

  function beat(worker: EmulatedWorker): Promise<Answer> {
    return worker.ask('PUT', '/v1/jobs/held/lease', { headers });
  }

  it('moves leases and hints while holders renew, and loses none', async () => {
    await deploy({}, async worker => {
      for (const id of ['held', 'waits', 'waits-too']) {
        const json = { job_id: id, job_name: id, total_sheets: 3 };
        expect((await worker.ask('POST', '/v1/jobs', { json })).status).toBe(201);
      }
      const json = { holder: 'w-1', ttl_seconds: 600 };
      const claimed = await worker.ask('POST', '/v1/jobs/held/lease', { json });
      headers['Lease-Token'] = (claimed.json as { token: string }).token;
      expect((await worker.ask('POST', '/v1/move')).json).toEqual({ move: null });
    });

    await deploy({ objects: true }, async worker => {
      expect((await beat(worker)).status).toBe(200);
      const { json: ready } = await worker.ask('GET', '/readyz');
      expect(ready).toMatchObject({ store: 'durable-objects', move: { to: 'shards' } });
      // On a busy machine the move has begun when the heartbeat comes, which then moves the lease itself.
      const moved = expect.toBeOneOf([2, 3]);
      expect(await moveAll(worker)).toMatchObject({ to: 'shards', state: 'done', moved });
      expect(await keysIn(worker)).toEqual(['jobs', 'jobs', 'jobs', 'shards', 'shards']);
      expect((await beat(worker)).status).toBe(200);
      const ask = { holder: 'w-2', ttl_seconds: 600 };
      const claimed = await worker.ask('POST', '/v1/claims', { json: ask });
      expect(claimed.json).toMatchObject({ lease: { job_id: 'waits' } });
      const { json } = await worker.ask('GET', '/v1/jobs?order=oldest');
      const ids = (json as { jobs: { job_id: string }[] }).jobs.map(job => job.job_id).toSorted();
      expect(ids).toEqual(['held', 'waits', 'waits-too']);
    });

    await deploy({}, async worker => {
      const answer = await beat(worker);
      expect([answer.status, answer.json]).toMatchObject([503, { code: 'store_unavailable' }]);
    });

    await deploy({ objects: true, vars: { STATE_MEDIA: 'r2' } }, async worker => {
      expect((await beat(worker)).status).toBe(200);
      expect(await moveAll(worker)).toMatchObject({ to: 'r2', state: 'done' });
      const left = (await keysIn(worker)).filter(each => each !== 'sweep');
      expect(left.join()).toBe('jobs,jobs,jobs,leases,leases,ready,shards,shards');
      expect((await beat(worker)).status).toBe(200);
    });

    await deploy({}, async worker => {
      expect((await beat(worker)).status).toBe(200);
      const claimed = await worker.ask('POST', '/v1/claims', { json: { holder: 'w-3' } });
      expect(claimed.json).toMatchObject({ lease: { job_id: 'waits-too' } });
    });
  });
});

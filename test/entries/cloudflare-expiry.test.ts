import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { beat, claim, leaseOf } from '../support/leasing.ts';
import { aState } from '../support/state.ts';
import { buildWorker } from './cloudflare-bundle.ts';
import { startEmulation } from './cloudflare-emulation.ts';

/** How often it is measured. `EXPIRIES=5` takes half a minute; without it this is left out. */
const EXPIRIES = Number(process.env['EXPIRIES'] ?? 0);
const TTL = 5;
const EVERY_MS = 50;

it.skipIf(EXPIRIES === 0)(
  'the job of a dead worker is granted at most a second after its ttl, by alarms of the platform alone',
  async () => {
    const { script } = await buildWorker();
    const token = await mintAccessToken(systemRandom.secret());
    const worker = { token, objects: true, vars: { PLAN: 'paid' } };
    const emulation = await startEmulation({ script, workers: { worker } });
    onTestFinished(() => emulation.stop());
    const client = emulation.worker('worker');
    const seconds: number[] = [];
    for (let nth = 0; nth < EXPIRIES; nth += 1) {
      const json = aState({ job_id: `job-${nth}` });
      await client.ask('POST', '/v1/jobs', { json });
      const held = await claim(client, { ttl_seconds: TTL });
      const { job_id: jobId } = leaseOf(held.answer);
      await client.ask('PUT', `/v1/jobs/${jobId}/sheets/1`, {
        headers: held.headers,
        json: { status: 'in_progress' },
      });
      // The last that its worker does. A job whose grant was not used would be delayed.
      await beat(client, held, `/v1/jobs/${jobId}`);
      const diedAt = performance.now();
      let next: string | null = null;
      while (next === null) {
        await delay(EVERY_MS);
        const answer = await client.ask('POST', '/v1/claims', { json: { holder: 'w-2' } });
        if (answer.status === 201) next = leaseOf(answer).job_id;
      }
      seconds.push((performance.now() - diedAt) / 1_000);
      expect(next).toBe(jobId);
    }
    console.info('seconds from the death to the next grant:', seconds);
    expect(Math.min(...seconds)).toBeGreaterThan(TTL - 1);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(TTL + 1);
  },
);

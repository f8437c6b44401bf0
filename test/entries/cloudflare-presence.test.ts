import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { expect, it, onTestFinished, vi } from 'vitest';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { buildWorker } from './cloudflare-bundle.ts';

const token = await mintAccessToken(systemRandom.secret());

async function openService(): Promise<string> {
  const { script } = await buildWorker();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      host: '127.0.0.1',
      port: 0,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: () => {},
      modules: true,
      script,
      compatibilityDate: '2026-10-30',
      bindings: { ACCESS_TOKENS: `${token.sha256}:admin`, PLAN: 'paid' },
      r2Buckets: ['STATE_BUCKET'],
      durableObjects: {
        JOB_OBJECTS: { className: 'JobObject', useSQLite: true },
        LEASE_SHARDS: { className: 'LeaseShard', useSQLite: true },
        PRESENCE_OBJECTS: { className: 'PresenceObject', useSQLite: true },
      },
    }),
  );
  onTestFinished(() => miniflare.dispose());
  return (await miniflare.ready).href;
}

it('a job goes on elsewhere some seconds after its worker was killed, whatever its ttl', async () => {
  const url = await openService();
  const ask = (method: string, path: string, body: unknown) =>
    fetch(new URL(path, url), {
      method,
      body: JSON.stringify(body),
      headers: { Authorization: `Bearer ${token.text}`, 'Content-Type': 'application/json' },
    });
  await ask('POST', '/v1/jobs', { job_id: 'job-1', job_name: 'Job', total_sheets: 2 });
  const worker = fork(join(import.meta.dirname, 'cloudflare-presence-worker.ts'), [
    url,
    token.text,
  ]);
  onTestFinished(() => void worker.kill('SIGKILL'));
  const [said] = await once(worker, 'message');
  expect(said).toEqual({ type: 'presence', isOpen: true, reason: null });
  const killedAt = performance.now();
  worker.kill('SIGKILL');
  await vi.waitUntil(
    async () => {
      const { status } = await ask('POST', '/v1/claims', { holder: 'next' });
      expect([201, 204]).toContain(status);
      return status === 201;
    },
    { timeout: 60_000, interval: 200 },
  );
  // The grace of two seconds, and what a busy machine adds; not the ttl of ten minutes.
  expect(performance.now() - killedAt).toBeGreaterThan(1_500);
});

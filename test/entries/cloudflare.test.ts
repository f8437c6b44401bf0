import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../../functions/pages/headers.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { INDEX, SCRIPT, writeSite } from '../pages/site.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, type Held, keysOf } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { makeLastingFolder, makeTemporaryFolder } from '../support/temporary-folder.ts';
import { buildWorker } from './cloudflare-bundle.ts';
import { type EmulatedWorker, type Emulation, startEmulation } from './cloudflare-emulation.ts';

const ORIGIN = 'https://app.example';

const token = await mintAccessToken(systemRandom.secret());
const bundle = await buildWorker();

const emulation = await startEmulation({
  script: bundle.script,
  // One for each test, but for the two that are about development.
  workers: {
    r2: { stores: ['r2'] },
    'r2 and kv': { stores: ['r2', 'kv'] },
    kv: { stores: ['kv'] },
    'no store': { stores: [], token },
    'no store, no token': { stores: [] },
    hyperdrive: { hyperdrive: 'postgres://user:geheim@127.0.0.1:1/jobs', token },
    'kv with a token': { stores: ['kv'], token },
    'no token': {},
    'token to work': { vars: { ACCESS_TOKENS: `${token.sha256}:work` } },
    cors: { vars: { ACCESS_TOKENS: `${token.sha256}:work;name=ci`, CORS_ORIGINS: ORIGIN } },
    development: { vars: { DEVELOPMENT: 'true' } },
    'wrong tokens': { vars: { ACCESS_TOKENS: 'dsa_oops' } },
    sweep: { token },
    'free plan': { token, vars: { PLAN: 'free' } },
    'paid plan': { token, vars: { PLAN: 'paid' } },
    claims: { token },
    'clients that go away': { token },
    shards: { token, objects: true, vars: { PLAN: 'paid', SHARDS: '4' } },
  },
});
afterAll(() => emulation.stop());

/** Leaves jobs at workers that are running since March, of which nobody has heard since. */
async function leaveZombies(count: number, workers: readonly EmulatedWorker[]): Promise<void> {
  const bucket = createBucketFake();
  const app = openApp({ store: createR2Store({ bucket }), clock: frozenClock(), seed: 99 });
  for (let nth = 0; nth < count; nth += 1) {
    await app.create({ job_id: `dead-${nth}` });
    await acquire(app, { path: `/v1/jobs/dead-${nth}` });
  }
  for (const worker of workers) await copyObjects(bucket, await worker.bucket());
}

async function copyObjects(from: R2BucketLike, to: R2BucketLike): Promise<void> {
  const { objects } = await from.list({});
  for (const { key, customMetadata = {} } of objects) {
    const object = await from.get(key);
    const body = new Uint8Array((await object?.arrayBuffer()) ?? []);
    await to.put(key, body, { customMetadata });
  }
}

async function statuses(worker: EmulatedWorker): Promise<string[]> {
  const { json } = await worker.ask('GET', '/v1/jobs?limit=1000');
  return (json as { jobs: { status: string }[] }).jobs.map(({ status }) => status);
}

describe('what is uploaded', () => {
  it('is below 600 KB, and below 205 KB as it is transferred', () => {
    const [, total = '0', zipped = '0'] =
      /Total Upload: ([\d.]+) KiB \/ gzip: ([\d.]+) KiB/.exec(bundle.said) ?? [];
    expect(Number(total)).toBeGreaterThan(100);
    expect(Number(total)).toBeLessThan(600);
    expect(Number(zipped)).toBeLessThan(205);
  });
});

describe('which store is used', () => {
  const cases = [
    { bound: 'r2', store: 'r2', why: 'STATE_BUCKET is bound' },
    { bound: 'r2 and kv', store: 'r2', why: 'R2 has compare-and-swap' },
    { bound: 'kv', store: 'workers-kv', why: 'STATE_BUCKET is not' },
  ] as const;

  it.each(cases)('$bound: $store, and the log says why', async ({ bound, store, why }) => {
    const worker = emulation.worker(bound);
    const ready = await worker.ask('GET', '/readyz');
    expect(ready.json).toMatchObject({ store, leases: store === 'r2' });
    const message = expect.stringContaining(why);
    await worker.logged({ level: 'INFO', message, store });
  });

  it('none bound: every request hears that the service is not configured, and the log why', async () => {
    const worker = emulation.worker('no store');
    expect(await worker.ask('GET', '/v1/jobs')).toMatchObject(
      aProblem({ status: 500, code: 'misconfigured' }),
    );
    const message = expect.stringContaining('STATE_BUCKET or STATE_KV');
    await worker.logged({ level: 'ERROR', message });
  });

  it('HYPERDRIVE bound to the script without PostgreSQL: not configured, and the log says which to deploy', async () => {
    const worker = emulation.worker('hyperdrive');
    expect((await worker.ask('GET', '/v1/jobs')).json).toMatchObject({ code: 'misconfigured' });
    const message = expect.stringContaining('deploy with --env hyperdrive');
    await worker.logged({ level: 'ERROR', message });
    expect(JSON.stringify(worker.log)).not.toContain('geheim');
  });

  it('Workers KV: jobs, sheets and lists work, leases and sweeps are 501, and it is told', async () => {
    const worker = emulation.worker('kv with a token');
    const created = await worker.ask('POST', '/v1/jobs', { json: aState() });
    const json = { status: 'completed' };
    const updated = await worker.ask('PUT', '/v1/jobs/job-1/sheets/1', { json });
    const listed = await worker.ask('GET', '/v1/jobs');
    const leased = await worker.ask('POST', '/v1/jobs/job-1/lease', { json: { holder: 'w-1' } });
    const swept = await worker.ask('POST', '/v1/sweep');
    expect([created.status, updated.status, listed.status]).toEqual([201, 200, 200]);
    expect(listed.json).toMatchObject({ jobs: [{ job_id: 'job-1', progress: [1, 3] }] });
    expect([leased, swept]).toMatchObject([
      aProblem({ status: 501, code: 'leases_unsupported' }),
      aProblem({ status: 501, code: 'leases_unsupported' }),
    ]);
    expect((await worker.ask('GET', '/readyz')).json).toMatchObject({
      leases: false,
      limits: [expect.stringContaining('501'), expect.stringContaining('a minute old')],
    });
    expect(await worker.schedule()).toBe('ok');
  });
});

describe('the dashboard', () => {
  let withAssets: Emulation<'assets'>;

  beforeAll(async () => {
    const assets = await makeLastingFolder();
    await writeSite(assets);
    const { script } = bundle;
    withAssets = await startEmulation({ script, workers: { assets: { token, assets } } });
    return async () => {
      await withAssets.stop();
      await rm(assets, { recursive: true });
    };
  });

  it('comes from the static assets, with the headers of the build and without a call of the script', async () => {
    const worker = withAssets.worker('assets');
    const index = await worker.ask('GET', '/');
    const script = await worker.ask('GET', '/assets/index-4f9a.js');
    const description = await worker.ask('GET', '/openapi.json');
    expect([index.text, script.text, description.status]).toEqual([INDEX, SCRIPT, 200]);
    for (const file of [index, script, description]) {
      expect(file.header('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
      expect(file.header('x-content-type-options')).toBe('nosniff');
      expect(file.header('cross-origin-resource-policy')).toBe('same-origin');
    }
    expect(index.header('cache-control')).toBe('no-cache');
    expect(description.header('cache-control')).toBe('no-cache');
    expect(script.header('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.type).toContain('text/javascript');
    const again = { headers: { 'If-None-Match': index.header('etag') ?? '' } };
    expect((await worker.ask('GET', '/', again)).status).toBe(304);
    expect(worker.log).toEqual([]);
  });

  it('leaves everything else to the script', async () => {
    const worker = withAssets.worker('assets');
    expect((await worker.ask('GET', '/healthz')).json).toEqual({ status: 'ok' });
    expect((await worker.ask('POST', '/v1/jobs', { json: aState() })).status).toBe(201);
    for (const path of ['/_headers', '/assets/none.js', '/assets/..%2f_headers']) {
      const missing = await worker.ask('GET', path);
      expect([path, missing.status, missing.type]).toEqual([path, 404, 'application/problem+json']);
    }
    await worker.logged({ message: expect.stringMatching(/^GET .*none/) });
  });

  it('says how to build it where there are no assets', async () => {
    const answer = await emulation.worker('r2').ask('GET', '/');
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('npm run build')]);
  });
});

describe('who is served', () => {
  it('nobody where no access tokens are configured', async () => {
    const worker = emulation.worker('no token');
    const refusal = aProblem({ status: 401, code: 'unauthorized', path: 'Authorization' });
    expect(await worker.ask('GET', '/v1/jobs')).toMatchObject(refusal);
    expect(await worker.ask('POST', '/v1/claims', { json: { holder: 'w' } })).toMatchObject(
      refusal,
    );
    expect((await worker.ask('GET', '/healthz')).status).toBe(200);
  });

  it('who shows a token that is configured', async () => {
    const worker = emulation.worker('token to work');
    const headers = { Authorization: `Bearer ${token.text}` };
    const created = await worker.ask('POST', '/v1/jobs', { json: aState(), headers });
    const swept = await worker.ask('POST', '/v1/sweep', { headers });
    expect([created.status, swept.status]).toEqual([201, 403]);
  });

  it('pages of the origins that are configured, whose preflights come without a token', async () => {
    const worker = emulation.worker('cors');
    const headers = { Origin: ORIGIN };
    const asks = { ...headers, 'Access-Control-Request-Method': 'POST' };
    const preflight = await worker.ask('OPTIONS', '/v1/claims', { headers: asks });
    const refused = await worker.ask('GET', '/v1/jobs', { headers });
    expect([preflight.status, refused.status]).toEqual([204, 401]);
    for (const told of [preflight, refused]) {
      expect(told.header('access-control-allow-origin')).toBe(ORIGIN);
    }
    const bearer = { ...headers, Authorization: `Bearer ${token.text}` };
    await worker.ask('POST', '/v1/jobs', { json: aState(), headers: bearer });
    const line = { message: expect.stringMatching(/^POST \/v1\/jobs 201/), access: 'ci' };
    await worker.logged(line);
  });

  it('in development the first call examines the store', async () => {
    const worker = emulation.worker('development');
    await worker.ask('GET', '/healthz');
    const message = expect.stringContaining('9 of 9 checks hold');
    await worker.logged({ logger: 'dalsegno.doctor', message });
  });

  it('in development whoever asks on loopback, and nobody else', async () => {
    const worker = emulation.worker('development');
    expect((await worker.ask('GET', '/v1/jobs')).status).toBe(200);
    expect((await worker.ask('GET', '/v1/jobs', { host: '127.0.0.1:8787' })).status).toBe(200);
    expect((await worker.ask('GET', '/v1/jobs', { host: 'jobs.example.com' })).status).toBe(401);
  });

  it('nobody where the list of tokens cannot be read, and the log does not repeat it', async () => {
    const worker = emulation.worker('wrong tokens');
    expect(await worker.ask('GET', '/v1/jobs')).toMatchObject(
      aProblem({ status: 500, code: 'misconfigured' }),
    );
    await worker.logged({ message: expect.stringContaining('ACCESS_TOKENS') });
    expect(JSON.stringify(worker.log)).not.toContain('dsa_oops');
  });
});

describe('the sweep that a cron trigger calls', () => {
  it('recovers zombies', async () => {
    const worker = emulation.worker('sweep');
    await leaveZombies(2, [worker]);
    expect(await worker.schedule()).toBe('ok');
    expect(await statuses(worker)).toEqual(['paused', 'paused']);
    const claimed = await worker.ask('POST', '/v1/claims', { json: { holder: 'w-2' } });
    expect(claimed.json).toMatchObject({ lease: { epoch: 2 } });
  });

  it('takes several calls for many on the free plan, and one on the paid plan', async () => {
    const free = emulation.worker('free plan');
    const paid = emulation.worker('paid plan');
    await leaveZombies(12, [free, paid]);
    expect(await Promise.all([free.schedule(), paid.schedule()])).toEqual(['ok', 'ok']);
    const afterOne = (await statuses(free)).filter(status => status === 'paused').length;
    expect(afterOne).toBeGreaterThan(2);
    expect(afterOne).toBeLessThan(7);
    expect((await statuses(paid)).filter(status => status === 'paused')).toHaveLength(12);
    for (let call = 2; call <= 4; call += 1) expect(await free.schedule()).toBe('ok');
    expect((await statuses(free)).filter(status => status === 'paused')).toHaveLength(12);
    const store = createR2Store({ bucket: await free.bucket() });
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('fails as a call where the service is not configured', async () => {
    const worker = emulation.worker('no store, no token');
    expect(await worker.schedule()).toBe('exception');
  });
});

describe('shards', () => {
  const worker = emulation.worker('shards');

  it('free the job of a dead holder after its ttl, by their alarms alone', async () => {
    await worker.ask('POST', '/v1/jobs', { json: aState() });
    const { headers } = await acquire(worker, { ttl_seconds: 4 });
    const heard = await worker.ask('PUT', '/v1/jobs/job-1/lease', { headers });
    const { expires_at } = heard.json as { expires_at: string };
    // The emulation fires alarms by the clock.
    await vi.waitFor(
      async () => {
        const claim = { json: { holder: 'w-2' } };
        expect((await worker.ask('POST', '/v1/claims', claim)).status).toBe(201);
      },
      { timeout: 60_000, interval: 50 },
    );
    const lateMs = Date.now() - Date.parse(expires_at);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // A second where nothing else runs: `cloudflare-expiry.test.ts` measures it.
    expect(lateMs).toBeLessThan(30_000);
  });

  it('keep their number from the first start in R2, which has jobs besides and nothing else', async () => {
    const bucket = await worker.bucket();
    const layout = await bucket.get('shards/layout.json');
    expect(new TextDecoder().decode(await layout?.arrayBuffer())).toBe('{"shards":4}');
    const keys = (await bucket.list({})).objects.map(({ key }) => key);
    expect(keys).toEqual(['jobs/job-1.json', 'shards/layout.json', 'shards/move.json']);
  });

  it('are swept and compared with R2 by cron', async () => {
    const body = new TextEncoder().encode(JSON.stringify(aState({ job_id: 'unknown-1' })));
    await (await worker.bucket()).put('jobs/unknown-1.json', body, {});
    expect(await worker.schedule()).toBe('ok');
    const { json } = await worker.ask('GET', '/v1/jobs');
    const ids = (json as { jobs: { job_id: string }[] }).jobs.map(({ job_id }) => job_id);
    expect(ids).toContain('unknown-1');
  });
});

describe('calls of one isolate', () => {
  it('64 claims at once have one winner', async () => {
    const worker = emulation.worker('claims');
    await worker.ask('POST', '/v1/jobs', { json: aState() });
    const claims = await Promise.all(
      Array.from({ length: 64 }, (_, nth) =>
        worker.ask('POST', '/v1/claims', { json: { holder: `w-${nth}` } }),
      ),
    );
    const winners = claims.filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    expect(claims.filter(({ status }) => status !== 201 && status !== 204)).toEqual([]);
  });

  it('a call goes on where clients of others went away', async () => {
    const worker = emulation.worker('clients that go away');
    await worker.ask('POST', '/v1/jobs', { json: aState() });
    const body = JSON.stringify({ status: 'in_progress' });
    const headers = {
      Authorization: `Bearer ${token.text}`,
      'Content-Type': 'application/json',
    };
    const init = { method: 'PUT', headers, body };
    const gone = Array.from({ length: 8 }, async () => {
      const aborting = new AbortController();
      const asked = worker.fetch('/v1/jobs/job-1/sheets/1', { ...init, signal: aborting.signal });
      aborting.abort();
      await asked.catch(() => null);
    });
    await Promise.all(gone);
    const updated = await worker.ask('PUT', '/v1/jobs/job-1/sheets/1', {
      json: { status: 'completed' },
    });
    expect(updated.status).toBe(200);
  });
});

describe('a restart of workerd', () => {
  it('keeps states, leases and hints', async () => {
    const folder = await makeTemporaryFolder();
    const start = () =>
      startEmulation({ script: bundle.script, workers: { kept: { token } }, folder });
    const running = await start();
    const first = running.worker('kept');
    await first.ask('POST', '/v1/jobs', { json: aState() });
    await first.ask('POST', '/v1/jobs', { json: aState({ job_id: 'job-2' }) });
    const held = await acquire(first, { ttl_seconds: 3600 });
    const before = await first.ask('GET', '/v1/jobs/job-1');
    await running.stop();

    const restarted = await start();
    onTestFinished(() => restarted.stop());
    const second = restarted.worker('kept');
    const after = await second.ask('GET', '/v1/jobs/job-1');
    expect([after.text, after.header('etag')]).toEqual([before.text, before.header('etag')]);
    const beat = await second.ask('PUT', '/v1/jobs/job-1/lease', { headers: held.headers });
    expect(beat.status).toBe(200);
    const claimed = await second.ask('POST', '/v1/claims', { json: { holder: 'w-2' } });
    expect(claimed.json).toMatchObject({ lease: { job_id: 'job-2' } });
  });
});

describe('a deploy with an object for each job', () => {
  it('goes on with the jobs and leases of one without, and the other way round', async () => {
    const folder = await makeTemporaryFolder();
    const deployments: unknown[] = [];
    const codes: number[] = [];
    let held: Held | null = null;
    for (const [nth, objects] of [false, true, false].entries()) {
      const workers = { kept: { token, objects: objects ? ('jobs' as const) : false } };
      const running = await startEmulation({ script: bundle.script, workers, folder });
      const worker = running.worker('kept');
      if (held === null) {
        await worker.ask('POST', '/v1/jobs', { json: aState({ total_sheets: 5 }) });
        held = await acquire(worker, { ttl_seconds: 3600 });
      }
      const { headers } = held;
      const json = { status: 'completed' };
      const updated = await worker.ask('PUT', `/v1/jobs/job-1/sheets/${nth + 1}`, {
        json,
        headers,
      });
      const renewed = await worker.ask('PUT', '/v1/jobs/job-1/lease', { headers });
      codes.push(updated.status, renewed.status);
      deployments.push((await worker.ask('GET', '/readyz')).json);
      await running.stop();
    }
    expect(codes).toEqual(codes.map(() => 200));
    const withObjects = { store: 'r2', deployment: 'job-objects' };
    expect(deployments).toMatchObject([{ store: 'r2' }, withObjects, { store: 'r2' }]);
    expect(deployments[0]).not.toHaveProperty('deployment');
  });
});

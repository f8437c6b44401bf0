import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDenoConfig } from '../../functions/deno/config.ts';
import { siteFolder } from '../../functions/pages/folder.ts';
import { CONTENT_SECURITY_POLICY } from '../../functions/pages/headers.ts';
import { type AccessToken, mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { head, openConnection } from '../node/raw-connection.ts';
import { initOf } from '../support/app.ts';
import { acquire } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { parseMetrics, valueOf } from '../telemetry/prometheus-text.ts';
import { runDeno, startDenoService } from './deno-process.ts';

let token: AccessToken;

beforeAll(async () => {
  token = await mintAccessToken(systemRandom.secret());
});

describe('the Deno entry', () => {
  it('serves nobody but the dashboard where no access tokens are configured', async () => {
    const service = await startDenoService({ folder: await makeTemporaryFolder(tmpdir()) });
    expect(await service.ask('GET', '/v1/jobs')).toMatchObject(
      aProblem({ status: 401, code: 'unauthorized' }),
    );
    expect((await service.ask('GET', '/healthz')).status).toBe(200);
    const page = await service.ask('GET', '/');
    const built = await readFile(join(siteFolder(), 'index.html'), 'utf8');
    expect([page.status, page.text]).toEqual([200, built]);
    expect(page.header('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
    const script = await service.ask('GET', /\/assets\/[^"]+\.js/.exec(built)?.[0] ?? '');
    expect([script.status, script.header('content-encoding')]).toEqual([200, 'gzip']);
    expect((await service.ask('GET', '/readyz')).json).toMatchObject({
      store: 'deno-kv',
      leases: true,
    });
  });

  it('in development serves loopback without tokens, examines the store first, and counts', async () => {
    const environment = { DEVELOPMENT: 'true' };
    const service = await startDenoService({
      folder: await makeTemporaryFolder(tmpdir()),
      environment,
    });
    expect((await service.ask('POST', '/v1/jobs', { json: aState() })).status).toBe(201);
    const metrics = parseMetrics((await service.ask('GET', '/metrics')).text);
    const puts = { operation: 'put', result: 'done' };
    expect(valueOf(metrics, 'dalsegno_store_operations_total', puts)).toBeGreaterThan(0);
    expect(valueOf(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(20_000_000);
    await service.line(line => String(line['message']).includes('9 of 9 checks hold'));
  });

  it('lets pages of the origins that are configured read its answers', async () => {
    const environment = { CORS_ORIGINS: 'https://app.example' };
    const service = await startDenoService({
      folder: await makeTemporaryFolder(tmpdir()),
      environment,
      token,
    });
    const headers = { Origin: 'https://app.example' };
    const asks = { ...headers, 'Access-Control-Request-Method': 'POST' };
    const preflight = await service.ask('OPTIONS', '/v1/claims', { headers: asks });
    const listed = await service.ask('GET', '/v1/jobs', { headers });
    expect([preflight.status, listed.status]).toEqual([204, 200]);
    for (const told of [preflight, listed]) {
      expect(told.header('access-control-allow-origin')).toBe('https://app.example');
    }
  });

  it('keeps leases over a stream, takes the job when it breaks, and ends streams when it stops', async () => {
    const service = await startDenoService({
      folder: await makeTemporaryFolder(tmpdir()),
      environment: { DEVELOPMENT: 'true' },
    });
    const { url } = await service.line(line => typeof line['url'] === 'string');
    await service.ask('POST', '/v1/jobs', { json: aState() });
    const held = await acquire(service);

    async function open(tokens: readonly string[], signal?: AbortSignal) {
      const init = initOf('POST', {
        json: { tokens },
        ...(signal === undefined ? {} : { signal }),
      });
      const response = await fetch(`${String(url)}/v1/presence`, {
        ...init,
        headers: { 'Content-Type': 'application/json', 'Accept-Encoding': 'gzip, br' },
      });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      if (reader === undefined) throw new TypeError('The answer has no body');
      return { response, reader, first: (await reader.read()).value };
    }

    const dying = new AbortController();
    const broken = await open([held.token], dying.signal);
    expect(broken.response.headers.get('content-encoding')).toBeNull();
    expect(broken.first).toContain('event: open');
    dying.abort();
    await service.line(line => line['reason'] === 'closed');
    await service.line(line => line['outcome'] === 'recovered');
    const { reader } = await open([]);
    const stopped = service.stop('SIGTERM');
    // Pings may come before it.
    let last = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) last += part.value;
    expect(last).toContain('event: closing');
    expect(await stopped).toBe(0);
  });

  const bad = [
    ['a port that is none', { PORT: 'http' }, 'PORT: Expected an integer, got "http"'],
    ['tokens that are none', { ACCESS_TOKENS: 'dsa_oops' }, 'ACCESS_TOKENS: Entry 1 is not'],
    ['an origin that is none', { CORS_ORIGINS: 'app' }, 'CORS_ORIGINS: Expected origins'],
    ['development for all', { DEVELOPMENT: 'true', HOST: '0.0.0.0' }, 'only loopback is served'],
  ] as const;

  it.each(bad)('ends with 2 and one clear line for %s', async (_, environment, fault) => {
    const refused = runDeno('functions/deno.ts', {
      STATE_DIR: await makeTemporaryFolder(tmpdir()),
      ...environment,
    });
    expect(await refused.ended).toBe(2);
    const message = expect.stringContaining(fault);
    expect(refused.log).toEqual([expect.objectContaining({ level: 'ERROR', message })]);
  });

  it('has no development where it is deployed, for it is open to the world there', () => {
    const read = (isDeployed: boolean) =>
      readDenoConfig(name => ({ DEVELOPMENT: 'true' })[name], isDeployed);
    expect([read(false).kind, read(true).kind]).toEqual(['config', 'refused']);
  });

  it('ends at the first SIGTERM, and keeps states, leases and hints', async () => {
    const folder = await makeTemporaryFolder(tmpdir());
    const first = await startDenoService({ folder, token });
    const text = 'x'.repeat(100_000);
    await first.ask('POST', '/v1/jobs', { json: aState({ config_snapshot: { text } }) });
    await first.ask('POST', '/v1/jobs', { json: aState({ job_id: 'job-2' }) });
    const held = await acquire(first, { ttl_seconds: 3600 });
    const before = await first.ask('GET', '/v1/jobs/job-1');
    expect(await first.stop('SIGTERM')).toBe(0);

    const second = await startDenoService({ folder, token });
    const after = await second.ask('GET', '/v1/jobs/job-1');
    expect([after.text, after.header('etag')]).toEqual([before.text, before.header('etag')]);
    const beat = await second.ask('PUT', '/v1/jobs/job-1/lease', { headers: held.headers });
    expect(beat.status).toBe(200);
    const claimed = await second.ask('POST', '/v1/claims', { json: { holder: 'w-2' } });
    expect(claimed.json).toMatchObject({ lease: { job_id: 'job-2' } });
  });

  it('lets claims wait for a job, and answers them at once when it stops', async () => {
    const folder = await makeTemporaryFolder(tmpdir());
    const service = await startDenoService({ folder, token });
    const ask = { json: { holder: 'w-1', max: 5, wait_seconds: 30 } };
    const waiting = service.ask('POST', '/v1/claims', ask);
    await service.ask('GET', '/healthz');
    await service.ask('POST', '/v1/jobs', { json: aState() });
    expect((await waiting).json).toMatchObject({ grants: [{ lease: { job_id: 'job-1' } }] });
    const { url } = await service.line(line => typeof line['url'] === 'string');
    const connection = await openConnection(Number(new URL(String(url)).port));
    const body = JSON.stringify(ask.json);
    const headers = [
      `Authorization: Bearer ${token.text}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    connection.send(head('POST', '/v1/claims', ...headers) + body);
    // What was sent before on another connection is read before.
    await service.ask('GET', '/healthz');
    const exit = service.stop('SIGTERM');
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 204 /);
    expect(await exit).toBe(0);
  });

  it('loses nothing that it acknowledged when it is killed', async () => {
    const folder = await makeTemporaryFolder(tmpdir());
    const first = await startDenoService({ folder, token });
    const saved = await first.ask('POST', '/v1/jobs', { json: aState() });
    await first.stop('SIGKILL');
    const second = await startDenoService({ folder, token });
    const loaded = await second.ask('GET', '/v1/jobs/job-1');
    expect(loaded.header('etag')).toBe(saved.header('etag'));
  });

  it('declares a cron every minute, which recovers zombies and removes what was left behind', async () => {
    const environment = { PORT: '0', STATE_DIR: await makeTemporaryFolder(tmpdir()) };
    const running = runDeno('test/entries/deno-cron.ts', environment);
    const { seen } = await running.line(line => 'seen' in line);
    expect(seen).toEqual({
      crons: [{ name: 'sweep', schedule: '* * * * *' }],
      status: 'paused',
      message: expect.stringContaining('Zombie recovery'),
      leftovers: [],
    });
  });
});

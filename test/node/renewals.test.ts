import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { type Service, startService } from './service.ts';

const JOB = '/v1/jobs/job-1';
const LEASE = `${JOB}/lease`;

function ask(
  { url }: Service,
  method: string,
  path: string,
  { json = {}, headers = {} }: { json?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  return fetch(url + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(json),
  });
}

/** Leases `job-1` for an hour. The headers of its holder. */
async function hold(service: Service): Promise<{ 'Lease-Token': string }> {
  const job = { job_id: 'job-1', job_name: 'job', total_sheets: 2 };
  await ask(service, 'POST', '/v1/jobs', { json: job });
  const json = { holder: 'w-1', ttl_seconds: 3600 };
  const acquired = await ask(service, 'POST', LEASE, { json });
  const { token } = (await acquired.json()) as { token: string };
  return { 'Lease-Token': token };
}

async function storedLease(folder: string): Promise<unknown> {
  const leases = join(folder, '.dalsegno', 'leases');
  const [name = ''] = await readdir(leases);
  return JSON.parse(await readFile(join(leases, name), 'utf8'));
}

it('a service stores the renewals that it has in memory when it stops', async () => {
  const service = await startService();
  const headers = await hold(service);
  for (let time = 0; time < 3; time += 1) await ask(service, 'PUT', LEASE, { headers });
  expect(await storedLease(service.folder)).toMatchObject({ renewals: 0 });
  await service.stop('SIGTERM');
  expect(await storedLease(service.folder)).toMatchObject({ renewals: 3 });
});

it('a service that was killed loses renewals, and no holder its job', async () => {
  const folder = await makeTemporaryFolder();
  const killed = await startService({ folder });
  const headers = await hold(killed);
  await ask(killed, 'PUT', LEASE, { headers });
  await killed.stop('SIGKILL');
  const service = await startService({ folder });
  expect(await (await ask(service, 'POST', '/v1/sweep')).json()).toMatchObject({ recovered: 0 });
  expect((await ask(service, 'PUT', LEASE, { headers })).status).toBe(200);
});

it('two services on one folder: what one is asked for comes with the next heartbeat at the other', async () => {
  const folder = await makeTemporaryFolder();
  const [first, second] = await Promise.all([startService({ folder }), startService({ folder })]);
  const headers = await hold(first);
  const renew = async (service: Service) => (await ask(service, 'PUT', LEASE, { headers })).json();
  expect(await renew(first)).toMatchObject({ requested: null });
  expect(await renew(second)).toMatchObject({ requested: null });
  await ask(second, 'POST', `${JOB}/pause`);
  expect(await renew(first)).toMatchObject({ requested: 'pause' });
  await ask(first, 'POST', `${JOB}/resume`);
  expect(await renew(second)).toMatchObject({ requested: null });
  await ask(second, 'POST', `${JOB}/cancel?force=true`);
  expect(await renew(first)).toMatchObject({ code: 'lease_lost' });
});

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { type Service, startService } from './service.ts';

const JOB = '/v1/jobs/job-1';
const JSON_BODY = { 'Content-Type': 'application/json' };

async function ask(
  { url }: Service,
  method: string,
  path: string,
  { json, headers = {} }: { json?: unknown; headers?: Record<string, string> } = {},
): Promise<Response> {
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  return fetch(url + path, { method, headers: { ...JSON_BODY, ...headers }, ...body });
}

/** Puts the lease so far back in time as a service is down. */
async function ageLease(folder: string, seconds: number): Promise<void> {
  const leases = join(folder, '.dalsegno', 'leases');
  const [name = ''] = await readdir(leases);
  const lease = JSON.parse(await readFile(join(leases, name), 'utf8'));
  for (const field of ['acquired_at', 'renewed_at', 'expires_at']) {
    lease[field] =
      new Date(Date.parse(lease[field]) - seconds * 1000).toISOString().slice(0, 19) + 'Z';
  }
  await writeFile(join(leases, name), JSON.stringify(lease));
}

it('four restarts, each longer than the ttl, cost the holder nothing', async () => {
  const folder = await makeTemporaryFolder();
  let service = await startService({ folder });
  await ask(service, 'POST', '/v1/jobs', {
    json: { job_id: 'job-1', job_name: 'job', total_sheets: 2 },
  });
  const acquired = await ask(service, 'POST', `${JOB}/lease`, {
    json: { holder: 'w-1', ttl_seconds: 60 },
  });
  const { token } = (await acquired.json()) as { token: string };
  const headers = { 'Lease-Token': token };
  const beats: number[] = [];
  for (let time = 0; time < 4; time++) {
    await service.stop('SIGKILL');
    await ageLease(folder, 61);
    service = await startService({ folder });
    await ask(service, 'POST', '/v1/sweep');
    beats.push((await ask(service, 'PUT', `${JOB}/lease`, { headers })).status);
  }
  expect(beats).toEqual([200, 200, 200, 200]);
  const updated = await ask(service, 'PUT', `${JOB}/sheets/1`, {
    json: { status: 'completed' },
    headers,
  });
  expect(await updated.json()).toMatchObject({ status: 'running', next_sheet: 2 });
});

import { describe, expect, it } from 'vitest';
import { type Service, startService } from './service.ts';

async function create({ url }: Service, totalSheets: number): Promise<Response> {
  const body = JSON.stringify({ job_id: 'job-1', job_name: 'x', total_sheets: totalSheets });
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${url}/v1/jobs`, { method: 'POST', body, headers });
}

describe('the limits of a service', () => {
  it('are ten thousand sheets where nothing is set', async () => {
    const service = await startService();
    const refused = await create(service, 1_000_000_000);
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({
      code: 'state_too_large',
      sheets: 1_000_000_000,
      limit_sheets: 10_000,
    });
    expect((await create(service, 10_000)).status).toBe(201);
  });

  it('are those of its environment and its flags', async () => {
    const environment = { MAX_SHEETS: '3', MAX_STATE_BYTES: '2000' };
    const service = await startService({ environment, flags: ['--max-state-bytes', '900'] });
    expect(await (await create(service, 4)).json()).toMatchObject({ sheets: 4, limit_sheets: 3 });
    expect(await (await create(service, 3)).json()).toMatchObject({ limit_bytes: 900 });
  });

  it('give the place of a request back when its answer has left', async () => {
    const environment = { MAX_REQUESTS_IN_FLIGHT: '1' };
    const service = await startService({ environment });
    const statuses: number[] = [];
    for (let index = 0; index < 20; index++) {
      const answer = await fetch(`${service.url}/v1/jobs`);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

import { describe, expect, it } from 'vitest';
import { head, openConnection } from './raw-connection.ts';
import { startService } from './service.ts';

const CLAIM = JSON.stringify({ holder: 'w-1', wait_seconds: 30, max: 5, start_next: true });

describe('a connection that breaks while its claim waits', () => {
  it('ends the wait, and gets no job', async () => {
    const service = await startService();
    const connection = await openConnection(service.port);
    const headers = ['Content-Type: application/json', `Content-Length: ${CLAIM.length}`];
    connection.send(head('POST', '/v1/claims', ...headers) + CLAIM);
    await fetch(`${service.url}/healthz`);
    connection.destroy();
    await service.line(line => line['path'] === '/v1/claims');
    const post = (path: string, body: object) =>
      fetch(`${service.url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    await post('/v1/jobs', { job_id: 'job-1', job_name: 'x', total_sheets: 1 });
    const claimed = await post('/v1/claims', { holder: 'w-2' });
    expect(await claimed.json()).toMatchObject({ lease: { job_id: 'job-1', epoch: 1 } });
  });
});

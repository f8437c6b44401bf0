import { describe, expect, it, onTestFinished } from 'vitest';
import { type Service, startService } from '../../node/service.ts';
import { dropSchema, nextSchema, serverUrl } from '../../support/postgres/open-store.ts';

async function startOn(store: string): Promise<Service> {
  return startService({ environment: { STORE: store } });
}

async function ask(service: Service, path: string, body?: unknown): Promise<Response> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return fetch(`${service.url}${path}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
  });
}

describe('the service on PostgreSQL', () => {
  it('keeps its jobs beyond its end, names its store, and logs no password', async () => {
    const schema = nextSchema();
    onTestFinished(() => dropSchema(schema));
    const store = `${serverUrl().replace('admin@', 'admin:geheim@')}?schema=${schema}`;
    const first = await startOn(store);
    expect((await ask(first, '/readyz')).status).toBe(200);
    expect(await (await ask(first, '/readyz')).json()).toMatchObject({ store: 'postgres' });
    const job = { job_id: 'a', job_name: 'a', total_sheets: 2 };
    expect((await ask(first, '/v1/jobs', job)).status).toBe(201);
    const exit = await first.stop('SIGTERM');
    expect(exit.code).toBe(0);
    expect(exit.stdout).toContain(`schema ${schema}`);
    expect(exit.stdout + exit.stderr).not.toContain('geheim');
    const second = await startOn(store);
    const list = await ask(second, '/v1/jobs');
    expect(await list.json()).toMatchObject({ jobs: [{ job_id: 'a' }] });
  });
});

describe('the service in memory', () => {
  it('serves, and says that jobs are lost', async () => {
    const service = await startOn('memory:');
    const ready = await ask(service, '/readyz');
    expect(await ready.json()).toMatchObject({
      store: 'memory',
      limits: ['Stored jobs are lost when the process ends'],
    });
  });
});

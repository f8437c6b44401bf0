import { describe, expect, it, onTestFinished } from 'vitest';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { LEADER_KEY } from '../../../lib/sweep/leader-record.ts';
import { type LogLine, type Service, startService } from '../../node/service.ts';
import { storedText } from '../../support/leasing.ts';
import { dropSchema, nextSchema, openStore, serverUrl } from '../../support/postgres/open-store.ts';
import { parseMetrics, valueOf } from '../../telemetry/prometheus-text.ts';
import { usePostgresWorld } from './world.ts';

describe('a service process on PostgreSQL', () => {
  it('sweeps at its start, leads, and lets another one take over when it is stopped', async () => {
    const schema = nextSchema();
    const store = openStore(schema);
    onTestFinished(async () => {
      await store.close();
      await dropSchema(schema);
    });
    const environment = { STORE: `${serverUrl()}?schema=${schema}`, LOG_LEVEL: 'debug' };
    const service = await startService({ environment });
    await service.line(({ message }) => String(message).startsWith('Sweep:'));
    await service.line(({ message }) => message === 'This process sweeps from now on');
    const leading = JSON.parse(await storedText(store, LEADER_KEY));
    expect(leading).toMatchObject({ epoch: 1, released: false });
    expect(leading.name).toContain(`:${service.pid}`);
    await service.stop('SIGTERM');
    expect(JSON.parse(await storedText(store, LEADER_KEY))).toMatchObject({ released: true });
  });
});

describe('two service processes on PostgreSQL', () => {
  it('the other one leads when the leader is killed, and recovers the job of a dead worker within three minutes', async () => {
    const schema = nextSchema();
    onTestFinished(() => dropSchema(schema));
    const environment = {
      STORE: `${serverUrl()}?schema=${schema}`,
      NODE_OPTIONS: `--import=${new URL('../../support/node/fast-clock.ts', import.meta.url).href}`,
    };
    const leads = ({ message }: LogLine) => message === 'This process sweeps from now on';
    const first = await startService({ environment });
    await first.line(leads);
    const second = await startService({ environment });
    const ask = async (method: string, path: string, body?: unknown) => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`${second.url}${path}`, { method, headers, ...init });
      return answer.json();
    };
    const gaugeOf = async ({ url }: Service) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return valueOf(parseMetrics(text), 'dalsegno_sweep_leader');
    };
    await second.line(({ message }) => /^\S+ sweeps/.test(String(message)));
    expect(await Promise.all([first, second].map(gaugeOf))).toEqual([1, 0]);
    await ask('POST', '/v1/jobs', { job_id: 'a', job_name: 'a', total_sheets: 1 });
    // Its worker shows once that it lives.
    const { token } = await ask('POST', '/v1/claims', { holder: 'w', ttl_seconds: 60 });
    await ask('POST', '/v1/heartbeats', { beats: [{ token }] });
    const { server_time } = await ask('GET', '/v1/stats');
    await first.stop('SIGKILL');
    process.kill(second.pid, 'SIGUSR2');
    await second.line(leads);
    const job = () => ask('GET', '/v1/jobs/a');
    await expect.poll(job).toMatchObject({
      status: 'paused',
      dalsegno: { lease: null, recoveries: 1 },
    });
    const { dalsegno } = await job();
    const recovered = dalsegno.history.find(({ event }: { event: string }) => event === 'expired');
    const seconds = (Date.parse(recovered.at) - Date.parse(server_time)) / 1000;
    // Its ttl; and at most 45 seconds to take over, and a sweep.
    expect(seconds).toBeGreaterThan(59);
    expect(seconds).toBeLessThan(180);
    expect(await gaugeOf(second)).toBe(1);
  });
});

describe('tables that a later version has changed', () => {
  const world = usePostgresWorld();

  it('serve the processes that run, and refuse those of the older version that start', async () => {
    const running = world.open();
    await running.put('jobs/a.json', new Uint8Array([1]), UNCONDITIONAL);
    await world.sql('ALTER TABLE {}.listed_object ADD COLUMN later text');
    await world.sql('UPDATE {}.state SET version = 9, works_from = 9');
    expect((await running.get('jobs/a.json'))?.body).toEqual(new Uint8Array([1]));
    await running.put('jobs/a.json', new Uint8Array([2]), UNCONDITIONAL);
    const restarted = world.open();
    await expect(restarted.get('jobs/a.json')).rejects.toThrow('Its tables have version 9');
    await world.sql('UPDATE {}.state SET version = 2, works_from = 2');
    expect((await restarted.get('jobs/a.json'))?.body).toEqual(new Uint8Array([2]));
  });
});

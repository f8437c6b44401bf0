import { describe, expect, it, onTestFinished } from 'vitest';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { LEADER_KEY } from '../../../lib/sweep/leader-record.ts';
import { startService } from '../../node/service.ts';
import { storedText } from '../../support/leasing.ts';
import { dropSchema, nextSchema, openStore, serverUrl } from '../../support/postgres/open-store.ts';
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

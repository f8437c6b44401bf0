import { describe, expect, it, onTestFinished } from 'vitest';
import { LEADER_KEY } from '../../../lib/sweep/leader-record.ts';
import { startService } from '../../node/service.ts';
import { storedText } from '../../support/leasing.ts';
import { dropSchema, nextSchema, openStore, serverUrl } from '../../support/postgres/open-store.ts';

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

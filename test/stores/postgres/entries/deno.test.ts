import { expect, it, onTestFinished } from 'vitest';
import { expectLife } from '../../../deno/life.ts';
import { runDeno } from '../../../entries/deno-process.ts';
import {
  dropSchema,
  nextSchema,
  openStore,
  serverUrl,
} from '../../../support/postgres/open-store.ts';

it('the Deno entry on PostgreSQL keeps a job through a kill, and hands it on', async () => {
  const schema = nextSchema();
  onTestFinished(() => dropSchema(schema));
  const url = `${serverUrl().replace('admin@', 'admin:geheim@')}?schema=${schema}`;
  const store = openStore(schema);
  const text = `${serverUrl().replace('admin@', '')}, schema ${schema}`;
  const { log } = await expectLife({ STORE: url }, { store, text });
  const leads = { message: 'This process sweeps from now on', epoch: 1 };
  expect(log).toContainEqual(expect.objectContaining(leads));
  await store.close();
});

it('the Deno entry ends with 1 and one line where certificates are missing', async () => {
  const STORE = `${serverUrl()}?sslmode=verify-full&sslrootcert=test/none.pem`;
  const refused = runDeno('functions/deno.ts', { PORT: '0', STORE });
  expect(await refused.ended).toBe(1);
  const message = expect.stringContaining('There is no file test/none.pem');
  expect(refused.log).toContainEqual(expect.objectContaining({ level: 'ERROR', message }));
});

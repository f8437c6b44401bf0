import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { type Connection, connectTo } from '../../../lib/stores/postgres/connection.ts';
import { POSTGRES_LOG_BYTES, type PostgresRequestName } from '../../cost/postgres-operations.ts';
import { POSTGRES_STEPS } from '../../cost/postgres-steps.ts';
import { openApp } from '../../support/app.ts';
import { openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { logBytesOf } from '../../support/postgres/plans.ts';
import { usePostgresWorld } from './world.ts';

/** By so much the bytes may be more or fewer than the table says. */
const BAND = 1.3;

const { schema, client } = usePostgresWorld();
let connection: Connection;

beforeAll(async () => {
  connection = await connectTo({ ...targetOf(serverUrl()), prepare: false });
});

afterAll(() => connection.end());

/** Each write is carried out in vain first. */
async function bytesOf(name: PostgresRequestName): Promise<number> {
  let bytes = 0;
  const counting: PostgresClient = {
    ...client,
    async run(statement) {
      if (!/^(\(|SELECT|DO)/.test(statement.text)) bytes += await logBytesOf(connection, statement);
      return client.run(statement);
    },
    close: async () => {},
  };
  const app = openApp({ store: openStore(schema, { client: counting }) });
  const step = await POSTGRES_STEPS[name](app);
  bytes = 0;
  await step();
  return bytes;
}

it.each(Object.keys(POSTGRES_LOG_BYTES) as PostgresRequestName[])(
  '%s adds about so many bytes to the log',
  async name => {
    const expected = POSTGRES_LOG_BYTES[name] ?? 0;
    const bytes = await bytesOf(name);
    expect(bytes).toBeGreaterThan(expected / BAND);
    expect(bytes).toBeLessThan(expected * BAND);
  },
);

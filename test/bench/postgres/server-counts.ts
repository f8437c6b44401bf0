import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { POSTGRES_OPERATIONS, type PostgresRequestName } from '../../cost/postgres-operations.ts';
import { POSTGRES_STEPS } from '../../cost/postgres-steps.ts';
import { openApp } from '../../support/app.ts';
import {
  dropSchema,
  nextSchema,
  openClient,
  openStore,
  targetOf,
} from '../../support/postgres/open-store.ts';
import { benchTarget } from './bench-target.ts';

/*
 * node test/bench/postgres/server-counts.ts URL: how many statements of a request the server counts in `pg_stat_statements`, beside those
 * that the client sends, and the rows and bytes of log that it counts with them. Nothing else may use the server, which has
 * `shared_preload_libraries = 'pg_stat_statements'`, and the user may reset its counts.
 */

const [url = ''] = process.argv.slice(2);
process.env['TEST_POSTGRES'] = url;
const connection = await connectTo(benchTarget(url));
// Prepared statements, as services have them.
const client = openClient(targetOf(url), 4);

async function rowsOf(text: string) {
  return connection.run({ text, values: [] });
}

async function countsOf(name: PostgresRequestName) {
  const schema = nextSchema();
  const store = openStore(schema, { client: { ...client, close: async () => {} } });
  await store.head('jobs/a.json');
  const step = await POSTGRES_STEPS[name](openApp({ store }));
  await rowsOf('SELECT pg_stat_statements_reset()');
  await step();
  const [row = []] = await rowsOf(
    `SELECT coalesce(sum(calls), 0), coalesce(sum(rows), 0), coalesce(sum(wal_bytes), 0) FROM pg_stat_statements WHERE query LIKE '%${schema}%'`,
  );
  await dropSchema(schema);
  return row;
}

await rowsOf('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
console.log('| request | statements of the client | calls of the server | rows | bytes of log |');
console.log('|---|---|---|---|---|');
for (const name of Object.keys(POSTGRES_OPERATIONS) as PostgresRequestName[]) {
  const [calls, rows, bytes] = await countsOf(name);
  console.log(
    `| ${name} | ${POSTGRES_OPERATIONS[name].statements} | ${calls} | ${rows} | ${bytes} |`,
  );
}
await client.close();
await connection.end();

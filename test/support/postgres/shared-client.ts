import type { Finding, ObjectStore } from '../../../lib/store.ts';
import type { PostgresClient, SqlRow, Statement } from '../../../lib/stores/postgres/client.ts';
import { underWay, untilQuiet } from '../settling/under-way.ts';
import { endTest, type LentSchema } from './lent-schemas.ts';
import { openClient, openStore, serverUrl, targetOf } from './open-store.ts';

/** Of all stores of this process. It ends with the process. */
const client = openClient(targetOf(serverUrl()), 6);

/** The data of the server of the tests outlives no crash of the machine, and need not. */
const NOT_KEPT = 'fsync';

/** Runs a statement beside the stores. */
export function runSql(statement: Statement): Promise<readonly SqlRow[]> {
  return client.run(statement);
}

const minted = new WeakMap<LentSchema, number>();

/** Grows with each write of a schema, so that one session has the same versions in each. */
function nextVersion(schema: LentSchema): string {
  const next = (minted.get(schema) ?? 0) + 1;
  minted.set(schema, next);
  return `m${next.toString(36)}`;
}

export function openShared(schema: LentSchema): ObjectStore {
  const shared: PostgresClient = {
    // Another test may have the schema then.
    run: statement => (schema.isOver ? never() : underWay(() => client.run(statement))),
    backendIds: () => client.backendIds(),
    close: async () => {},
  };
  const store = openStore(schema.name, { client: shared, mintId: () => nextVersion(schema) });
  return {
    ...store,
    // Nor do its answers name the schema.
    locate: key => `postgres:${key}`,
    inspect: async () => (await findingsOf(store)).filter(({ name }) => name !== NOT_KEPT),
  };
}

function findingsOf({ inspect }: ObjectStore): Promise<readonly Finding[]> {
  return inspect === undefined ? Promise.resolve([]) : inspect();
}

/** After a test: what it has begun is over, or is never sent. */
export async function takeBackSchemas(): Promise<void> {
  const run = (statement: Statement) => client.run(statement);
  await untilQuiet(() => new Promise(resolve => setImmediate(resolve)));
  await endTest(run);
}

function never(): Promise<never> {
  return new Promise(() => {});
}

import type { ObjectStore } from '../../../lib/store.ts';
import type { PostgresClient, SqlRow, Statement } from '../../../lib/stores/postgres/client.ts';
import { openClient, openStore, serverUrl, targetOf } from './open-store.ts';
import { underWay } from './under-way.ts';

/** Of all stores of this process. It ends with the process. */
const client = openClient(targetOf(serverUrl()), 6);

/** Runs a statement beside the stores. */
export function runSql(statement: Statement): Promise<readonly SqlRow[]> {
  return client.run(statement);
}

export function openShared(schema: string): ObjectStore {
  const shared: PostgresClient = {
    run: statement => underWay(() => client.run(statement)),
    backendIds: () => client.backendIds(),
    close: async () => {},
  };
  return openStore(schema, { client: shared });
}

import type { ObjectStore } from '../../../lib/store.ts';
import type { SqlRow, Statement } from '../../../lib/stores/postgres/client.ts';
import { openClient, openStore, serverUrl, targetOf } from './open-store.ts';

/** Of all stores of this process. It ends with the process. */
const client = openClient(targetOf(serverUrl()), 6);

/** Runs a statement beside the stores. */
export function runSql(statement: Statement): Promise<readonly SqlRow[]> {
  return client.run(statement);
}

export function openShared(schema: string): ObjectStore {
  return openStore(schema, { client: { ...client, close: async () => {} } });
}

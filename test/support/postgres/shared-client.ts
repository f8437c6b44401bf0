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

const minted = new Map<string, number>();

/** Grows with each write of a schema, so that one session has the same versions in each. */
function nextVersion(schema: string): string {
  const next = (minted.get(schema) ?? 0) + 1;
  minted.set(schema, next);
  return `m${next.toString(36)}`;
}

export function openShared(schema: string): ObjectStore {
  const shared: PostgresClient = {
    run: statement => underWay(() => client.run(statement)),
    backendIds: () => client.backendIds(),
    close: async () => {},
  };
  const store = openStore(schema, { client: shared, mintId: () => nextVersion(schema) });
  // Nor do its answers name the schema.
  return { ...store, locate: key => `postgres:${key}` };
}

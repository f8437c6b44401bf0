import { afterAll, beforeEach } from 'vitest';
import type { ObjectStore } from '../../../lib/store.ts';
import type { PostgresClient, SqlRow } from '../../../lib/stores/postgres/client.ts';
import {
  dropSchema,
  emptySchema,
  nextSchema,
  openClient,
  openStore,
  serverUrl,
  targetOf,
} from '../../support/postgres/open-store.ts';

/** A schema for the tests of a file, empty before each, and what lets a test look into it. */
export interface PostgresWorld {
  readonly schema: string;
  /** Of the stores that `open` gives; they do not close it. */
  readonly client: PostgresClient;
  readonly open: (options?: Omit<Parameters<typeof openStore>[1], 'client'>) => ObjectStore;
  /** A statement beside the stores. `{}` stands for the schema. */
  readonly sql: (text: string) => Promise<readonly SqlRow[]>;
}

export function usePostgresWorld(): PostgresWorld {
  const schema = nextSchema();
  const client = openClient(targetOf(serverUrl()), 4);

  beforeEach(() => emptySchema(schema));
  afterAll(async () => {
    await client.close();
    await dropSchema(schema);
  });

  return {
    schema,
    client,
    open: options =>
      openStore(schema, { ...options, client: { ...client, close: async () => {} } }),
    sql: text => client.run({ text: text.replaceAll('{}', `"${schema}"`), values: [] }),
  };
}

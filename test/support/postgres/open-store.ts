import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import { SHARD_LAYOUT } from '../../../lib/storage/shard-layout.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import type { PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { connectTo, type PostgresTarget } from '../../../lib/stores/postgres/connection.ts';
import type { PostgresLayout } from '../../../lib/stores/postgres/layout.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { createPostgresStore, type PostgresStoreOptions } from '../../../lib/stores/postgres.ts';

/** On a busy machine a statement may take seconds. */
const PATIENCE_MS = 60_000;

/** The server of this run, which the global setup has started. */
export function serverUrl(): string {
  const url = process.env['TEST_POSTGRES'];
  if (url === undefined) throw new Error('These tests need the vitest project "postgres"');
  return url;
}

export function targetOf(url: string): PostgresTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    password: password === '' ? null : password,
    database: pathname.slice(1),
    tls: null,
    prepare: true,
    statementTimeoutMs: PATIENCE_MS,
  };
}

export function openClient(
  target: PostgresTarget,
  size = 2,
  answerTimeoutMs = PATIENCE_MS + 5_000,
): PostgresClient {
  return createPool({
    connect: () => connectTo(target),
    size,
    answerTimeoutMs,
    timers: systemTimers,
  });
}

let schemas = 0;

/** A name that no other test has. */
export function nextSchema(): string {
  schemas += 1;
  return `test_${process.pid}_${schemas}_${systemRandom.id().slice(0, 8)}`;
}

interface StoreParts {
  readonly client?: PostgresClient;
  readonly layout?: PostgresLayout;
  readonly elapsedMs?: () => number;
  readonly now?: () => number;
  readonly mintId?: () => string;
  readonly delay?: (ms: number) => Promise<void>;
}

export function storeOptions(
  schema: string,
  {
    client = openClient(targetOf(serverUrl())),
    layout = SHARD_LAYOUT,
    elapsedMs = () => systemTimers.elapsedMs(),
    now = () => systemClock.millis(),
    mintId = () => systemRandom.id().slice(0, 20),
    ...timing
  }: StoreParts,
): PostgresStoreOptions {
  return {
    client,
    layout,
    schema,
    mintId,
    elapsedMs,
    now,
    openAnother: () => openClient(targetOf(serverUrl()), 1),
    ...timing,
  };
}

export function openStore(schema: string, parts: StoreParts = {}): ObjectStore {
  return createPostgresStore(storeOptions(schema, parts));
}

/** Removes a schema with all in it. */
export async function dropSchema(schema: string): Promise<void> {
  const client = openClient(targetOf(serverUrl()), 1);
  await client.run({ text: `DROP SCHEMA IF EXISTS "${schema}" CASCADE`, values: [] });
  await client.close();
}

/** Makes the schema where there is none, and removes all objects in it. */
export async function emptySchema(schema: string): Promise<void> {
  const client = openClient(targetOf(serverUrl()), 1);
  const store = openStore(schema, { client });
  await store.head('jobs/a.json');
  const tables = ['listed_object', 'plain_object', 'resident_object', 'removed_object'];
  for (const table of tables) {
    await client.run({ text: `DELETE FROM "${schema}"."${table}"`, values: [] });
  }
  await store.close();
}

import type { ObjectStore, StoredObject, Version } from '../store.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import { BODY_COLUMN, bodyIn } from './postgres/body-text.ts';
import { createChangeReader } from './postgres/changes.ts';
import {
  columnIn,
  type PostgresClient,
  PostgresFault,
  READ_ONLY,
  READS,
  textIn,
} from './postgres/client.ts';
import { createFollower, createNameFollower } from './postgres/follower.ts';
import { inspectServer } from './postgres/inspection.ts';
import { labelIn } from './postgres/label.ts';
import type { PostgresLayout } from './postgres/layout.ts';
import { countKeys, listObjects } from './postgres/listing.ts';
import { createOrderedLists } from './postgres/ordered.ts';
import { raceMedium } from './postgres/race-medium.ts';
import { createForgetting } from './postgres/removals.ts';
import { prepareSchema } from './postgres/schema.ts';
import { createSession, type PostgresMemory } from './postgres/session.ts';
import { createTables } from './postgres/tables.ts';
import { createWriter } from './postgres/writer.ts';

export interface PostgresStoreOptions extends RetryTiming {
  /** The store closes it. */
  readonly client: PostgresClient;
  readonly layout: PostgresLayout;
  /** The schema of its tables, which it makes: lower case letters, digits and underscores. */
  readonly schema?: string;
  /** False: where the tables are missing, each operation rejects. True if it is left out. */
  readonly makesTables?: boolean;
  /** Another visible ASCII text for each call, 64 bits or more. */
  readonly mintId: () => string;
  /** Milliseconds since some moment, which never go back. */
  readonly elapsedMs: () => number;
  /** Milliseconds since 1970. Only the examination of the store compares them with the clock of the server. */
  readonly now: () => number;
  /** Shared by the stores of a process. Left out: this store has its own. */
  readonly memory?: PostgresMemory;
  /** Another client for one session, which the examination of the store uses. */
  readonly openAnother: () => PostgresClient;
}

export interface PostgresStore extends ObjectStore {
  /** Removes old records of deletions, which a store that lives longer than a request does by itself. */
  forgetDeletions(): Promise<void>;
}

export function createPostgresMemory(): PostgresMemory {
  return { isPrepared: false, awaySinceMs: null, readOnlySinceMs: null };
}

/**
 * For so long a database that cannot be reached, or does not write, is waited for. After that each operation rejects at once, until
 * one succeeds.
 */
const AWAY_MS = 10_000;
/** The server starts, which takes long after a crash of a large one, or has no session left. */
const AWAY: ReadonlySet<string> = new Set(['57P03', '53300']);

/**
 * A store in tables of a PostgreSQL database: one row per object, with the bytes of its body. Each operation is one statement.
 * The tables are made at the first operation, so the database need not be there when the store is opened.
 */
export function createPostgresStore(options: PostgresStoreOptions): PostgresStore {
  const { client, layout, schema = 'dalsegno', makesTables = true } = options;
  const { mintId, elapsedMs, now, openAnother, memory = createPostgresMemory() } = options;
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(schema)) throw new TypeError(`Not a schema: "${schema}"`);
  const tables = createTables(schema, layout);

  /** Whether another try may end differently, and soon. */
  function isTransient(error: unknown): boolean {
    if (!(error instanceof PostgresFault) || error.kind === 'refused') return false;
    if (error.code === READ_ONLY) {
      memory.readOnlySinceMs ??= elapsedMs();
      return elapsedMs() - memory.readOnlySinceMs < AWAY_MS;
    }
    const isAway = error.code === null ? error.kind !== 'unclear' : AWAY.has(error.code);
    if (!isAway) return true;
    memory.awaySinceMs ??= elapsedMs();
    return elapsedMs() - memory.awaySinceMs < AWAY_MS;
  }

  const watched: PostgresClient = {
    ...client,
    async run(statement) {
      const rows = await client.run(statement);
      memory.awaySinceMs = null;
      const { shared } = statement;
      if (shared !== undefined && shared.kind !== 'read') memory.readOnlySinceMs = null;
      return rows;
    },
  };
  const session = createSession(watched, {
    retry: createRetry(options, isTransient),
    memory,
    prepare: () => prepareSchema(watched, { schema, tables, makesTables }),
  });
  const forgetting = createForgetting({ session, tables, elapsedMs });
  const writer = createWriter({ session, tables, mintId, deleted: () => forgetting.deleted() });

  function locate(key: string): string {
    return `postgres:${schema}.${tables.kindOf(key)}_object:${key}`;
  }

  async function get(key: string): Promise<StoredObject | null> {
    const text = `SELECT version, is_text, ${BODY_COLUMN} FROM ${tables.nameOf(tables.kindOf(key))} WHERE key = $1`;
    const [row] = await session.run(`read "${locate(key)}"`, {
      text,
      values: [key],
      shared: READS,
    });
    if (row === undefined) return null;
    return { version: textIn(row, 0) as Version, body: bodyIn(columnIn(row, 1), columnIn(row, 2)) };
  }

  async function head(key: string): Promise<Version | null> {
    const text = `SELECT version FROM ${tables.nameOf(tables.kindOf(key))} WHERE key = $1`;
    const [row] = await session.run(`look up "${locate(key)}"`, {
      text,
      values: [key],
      shared: READS,
    });
    return row === undefined ? null : (textIn(row, 0) as Version);
  }

  function changesBelow(prefix: string) {
    const attempt = `follow "${locate(prefix)}"`;
    const backendIds = () => client.backendIds();
    return createChangeReader({ session, tables, backendIds }, { attempt, prefix });
  }

  return {
    traits: {
      name: 'postgres',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      distinctVersions: true,
      conditionalDelete: true,
      labels: true,
    },

    refusesCheaply: true,
    get,
    head,

    put: (key, body, precondition, label, durability = 'durable') =>
      writer.put(`write "${locate(key)}"`, {
        key,
        body,
        precondition,
        label: labelIn(label),
        durability,
      }),

    putWith: (key, { body, precondition, label }, others) =>
      writer.putWith(
        `write "${locate(key)}"`,
        { key, body, precondition, label: labelIn(label) },
        others,
      ),

    receiptsOf: key => writer.receiptsOf(`look up the deletion of "${locate(key)}"`, key),

    delete: (key, precondition, durability = 'durable') =>
      writer.delete(`delete "${locate(key)}"`, { key, precondition, durability }),

    list: (prefix, after = '', wants = { labels: true }) =>
      listObjects(
        { session, tables },
        { attempt: `list "${locate(prefix)}"`, prefix, after, wants },
      ),

    countKeys: prefix =>
      countKeys({ session, tables }, { attempt: `count "${locate(prefix)}"`, prefix }),

    ordered: layout.listed === null ? null : createOrderedLists(layout.listed, { session, tables }),
    follow: prefix => createFollower(changesBelow(prefix), get),
    followNames: prefix =>
      createNameFollower(changesBelow(prefix), async key => (await head(key)) !== null),
    locate,
    media: [raceMedium(() => createPostgresStore({ ...options, client: openAnother() }))],
    inspect: () => inspectServer({ session, client, tables, now }),
    forgetDeletions: () => forgetting.forget(),
    close: () => client.close(),
  };
}

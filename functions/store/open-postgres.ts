import { systemClock } from '../../lib/base/clock.ts';
import { systemTimers } from '../../lib/base/timers.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { connectTo, type PostgresTls } from '../../lib/stores/postgres/connection.ts';
import { createPool } from '../../lib/stores/postgres/pool.ts';
import { createPostgresStore } from '../../lib/stores/postgres.ts';
import type { Machine } from './machine.ts';
import { POSTGRES_PARTS } from './postgres-parts.ts';
import type { PostgresPlace, PostgresPlaceTls } from './postgres-place.ts';

/** The server ends a statement itself. Where its answer does not come for so much longer, the session is given up. */
const ANSWER_MILLISECONDS = 5_000;

export interface PostgresSettings {
  readonly machine: Machine;
  /** False: where the tables are missing, each operation rejects. */
  readonly makesTables?: boolean;
  /** Sessions that were idle for longer are replaced. Left out: they are kept. */
  readonly longestIdleMs?: number | undefined;
}

/** Rejects where the file of the certificates cannot be read. The database need not be there yet. */
export async function openPostgres(
  place: PostgresPlace,
  { machine, makesTables = true, longestIdleMs }: PostgresSettings,
): Promise<ObjectStore> {
  const { tls, poolSize, schema, statementTimeoutMs } = place;
  const target = {
    ...place,
    password: place.password ?? machine.environment['PGPASSWORD'] ?? null,
    tls: tls === null ? null : await tlsOf(tls, machine),
  };
  const open = (size: number) =>
    createPool({
      connect: () => connectTo(target),
      size,
      answerTimeoutMs: statementTimeoutMs + ANSWER_MILLISECONDS,
      timers: systemTimers,
      ...(longestIdleMs === undefined
        ? {}
        : { idle: { longestMs: longestIdleMs, now: () => systemClock.millis() } }),
    });
  return createPostgresStore({
    client: open(poolSize),
    openAnother: () => open(1),
    ...POSTGRES_PARTS,
    schema,
    makesTables,
  });
}

async function tlsOf(
  { isVerified, authoritiesFile: file }: PostgresPlaceTls,
  { readText }: Machine,
): Promise<PostgresTls> {
  const authorities = file === null ? null : await readText(file);
  if (file !== null && authorities === null)
    throw new Error(`sslrootcert: There is no file ${file}`);
  return { isVerified, authorities };
}

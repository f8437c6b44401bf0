import { readFileSync } from 'node:fs';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import { SHARD_LAYOUT } from '../../../lib/storage/shard-layout.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { createPostgresStore } from '../../../lib/stores/postgres.ts';
import type { PostgresPlace } from './postgres-place.ts';

/** The server ends a statement itself. Where its answer does not come for so much longer, the session is given up. */
const ANSWER_MILLISECONDS = 5_000;
/** Digits of 80 bits. */
const ID_DIGITS = 20;

/** Throws where the file of the certificates cannot be read. The database need not be there yet. */
export function openPostgres(
  place: PostgresPlace,
  { makesTables = true }: { readonly makesTables?: boolean } = {},
): ObjectStore {
  const { tls, poolSize, schema, statementTimeoutMs } = place;
  const target = {
    ...place,
    password: place.password ?? process.env['PGPASSWORD'] ?? null,
    tls:
      tls === null
        ? null
        : {
            isVerified: tls.isVerified,
            authorities:
              tls.authoritiesFile === null ? null : readFileSync(tls.authoritiesFile, 'utf8'),
          },
  };
  const open = (size: number) =>
    createPool({
      connect: () => connectTo(target),
      size,
      answerTimeoutMs: statementTimeoutMs + ANSWER_MILLISECONDS,
      timers: systemTimers,
    });
  return createPostgresStore({
    client: open(poolSize),
    openAnother: () => open(1),
    layout: SHARD_LAYOUT,
    schema,
    makesTables,
    mintId: () => systemRandom.id().slice(0, ID_DIGITS),
    elapsedMs: () => systemTimers.elapsedMs(),
    now: () => systemClock.millis(),
  });
}

import { readFileSync } from 'node:fs';
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
export function openPostgres(place: PostgresPlace): ObjectStore {
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
  const client = createPool({
    connect: () => connectTo(target),
    size: poolSize,
    answerTimeoutMs: statementTimeoutMs + ANSWER_MILLISECONDS,
    timers: systemTimers,
  });
  return createPostgresStore({
    client,
    layout: SHARD_LAYOUT,
    schema,
    mintId: () => systemRandom.id().slice(0, ID_DIGITS),
    elapsedMs: () => systemTimers.elapsedMs(),
  });
}

import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** Removes old records of deletions. */
export interface Forgetting {
  /** An object was deleted. */
  deleted(): void;
}

/** For so long a deletion is recorded: followers that read less often compare all keys. */
const KEPT = '2 minutes';
const EVERY_MS = 30_000;

export function createForgetting({
  session,
  tables,
  elapsedMs,
}: {
  readonly session: Session;
  readonly tables: Tables;
  readonly elapsedMs: () => number;
}): Forgetting {
  let nextMs = elapsedMs() + EVERY_MS;

  /** Followers learn which records are gone, in the transaction that removes them. */
  async function forget(): Promise<void> {
    const old = `SELECT ctid FROM ${tables.removed} WHERE at < now() - interval '${KEPT}' FOR UPDATE SKIP LOCKED`;
    const gone = `DELETE FROM ${tables.removed} WHERE ctid = ANY (ARRAY(${old})) RETURNING change`;
    const latest = 'SELECT change FROM gone ORDER BY change DESC LIMIT 1';
    const text = `WITH gone AS (${gone}), latest AS (${latest}) UPDATE ${tables.state} SET forgotten = greatest(forgotten, latest.change) FROM latest`;
    await session.run('forget deletions', { text, values: [] });
  }

  return {
    deleted() {
      if (elapsedMs() < nextMs) return;
      nextMs = elapsedMs() + EVERY_MS;
      // The next deletion does it again.
      forget().catch(() => {});
    },
  };
}

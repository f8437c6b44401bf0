import { NOT_GIVEN } from './changes.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** Removes old records of deletions. */
export interface Forgetting {
  /** An object was deleted. */
  deleted(): void;
  /** Removes them now. Rejects with a `StoreError`. */
  forget(): Promise<void>;
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
    // Numbers that are not given yet came with a dump of another server.
    const latest = `SELECT change FROM gone WHERE change < ${NOT_GIVEN} ORDER BY change DESC LIMIT 1`;
    const known = `CASE WHEN forgotten < ${NOT_GIVEN} THEN forgotten END`;
    const text = `WITH gone AS (${gone}), latest AS (${latest}) UPDATE ${tables.state} SET forgotten = greatest(${known}, latest.change) FROM latest`;
    await session.run('forget deletions', { text, values: [] });
  }

  return {
    forget,
    deleted() {
      if (elapsedMs() < nextMs) return;
      nextMs = elapsedMs() + EVERY_MS;
      // The next deletion does it again.
      forget().catch(() => {});
    },
  };
}

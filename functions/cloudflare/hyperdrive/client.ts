import {
  bytesIn,
  type PostgresClient,
  type Statement,
} from '../../../lib/stores/postgres/client.ts';
import type { Spending } from '../../../lib/sweep/budget.ts';

/** Nothing evaluates it. */
const UNCACHED = 'uncached AS (SELECT clock_timestamp())';

/**
 * The client as Hyperdrive needs it, and what is asked of it. Unless it is configured otherwise, Hyperdrive answers a read from its
 * cache for a minute, but none that names a volatile function; so each does. It sees one statement a message, as from other programs.
 */
export function throughHyperdrive(client: PostgresClient): {
  readonly client: PostgresClient;
  readonly spending: Spending;
} {
  const spending = { operations: 0, bodyBytes: 0 };
  return {
    spending,
    client: {
      ...client,
      async run(statement) {
        spending.operations += 1;
        spending.bodyBytes += bytesIn(statement.values);
        const rows = await client.run(uncached(statement));
        for (const row of rows) spending.bodyBytes += bytesIn(row);
        return rows;
      },
    },
  };
}

function uncached({ text, values }: Statement): Statement {
  const queries = /^\s*WITH (RECURSIVE )?/i;
  if (queries.test(text)) return { text: text.replace(queries, `WITH $1${UNCACHED}, `), values };
  return { text: /^[\s(]*SELECT\b/i.test(text) ? `WITH ${UNCACHED} ${text}` : text, values };
}

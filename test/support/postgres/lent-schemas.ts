import { columnIn, type PostgresClient } from '../../../lib/stores/postgres/client.ts';
import { nextSchema } from './open-store.ts';

/** A schema for the stores of one test. */
export interface LentSchema {
  readonly name: string;
  /** Whether its test is over: what is still to be sent to it is not sent. */
  isOver: boolean;
}

/** The tables take longer to make than most tests do. Those of a test that wrote more are not used again. */
const MOST_ROWS = 200;

const free: string[] = [];
let lent: LentSchema[] = [];
let isTesting = false;

/** An empty schema, with its tables or without. One that is asked for outside of tests is never taken back. */
export function lendSchema(): LentSchema {
  const schema = { name: free.pop() ?? nextSchema(), isOver: false };
  if (isTesting) lent.push(schema);
  return schema;
}

export function beginTest(): void {
  isTesting = true;
}

/** Takes back what was lent since the test began. */
export async function endTest(run: PostgresClient['run']): Promise<void> {
  isTesting = false;
  const over = lent;
  lent = [];
  for (const schema of over) schema.isOver = true;
  await Promise.all(
    over.map(async ({ name }) => {
      if (await empty(name, run)) free.push(name);
    }),
  );
}

/** False where it has no tables, or had too many rows. */
async function empty(schema: string, run: PostgresClient['run']): Promise<boolean> {
  const [existing] = await run({ text: 'SELECT to_regclass($1)', values: [`${schema}.state`] });
  if (columnIn(existing, 0) === null) return false;
  const tables = ['listed_object', 'plain_object', 'resident_object', 'removed_object'];
  const deletions = tables.map(
    table => `${table} AS (DELETE FROM "${schema}".${table} RETURNING 1)`,
  );
  const counts = tables.map(table => `(SELECT count(*) FROM ${table})`);
  const text = `WITH ${deletions.join(', ')} SELECT ${counts.join(' + ')}`;
  const [row] = await run({ text, values: [] });
  return Number(row?.[0]) <= MOST_ROWS;
}

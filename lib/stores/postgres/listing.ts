import type { StoredEntry, Version } from '../../store.ts';
import { endOf } from '../key-order.ts';
import { columnIn, type SqlRow, type SqlValue, textIn } from './client.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

export interface ListWants {
  readonly labels: boolean;
  readonly tag?: string | null;
}

/** Most callers read one page of a hundred. */
const FIRST_PAGE = 100;
const PAGE = 1_000;

/** All objects with the prefix behind a key, in ascending order of UTF-8. */
export async function* listObjects(
  { session, tables }: { readonly session: Session; readonly tables: Tables },
  {
    attempt,
    prefix,
    after,
    wants,
  }: {
    readonly attempt: string;
    readonly prefix: string;
    readonly after: string;
    readonly wants: ListWants;
  },
): AsyncGenerator<StoredEntry> {
  const kind = tables.kindOf(prefix);
  const label = wants.labels ? 'label' : 'NULL';
  const tag = kind === 'plain' ? (wants.tag ?? null) : null;
  const bounds = 'key > $1 AND key >= $2 AND key < $3';
  const from = `FROM ${tables.nameOf(kind)} WHERE ${bounds}`;
  let behind = after;
  let limit = FIRST_PAGE;
  for (;;) {
    const values: SqlValue[] = [behind, prefix, endOf(prefix), String(limit)];
    const select = `SELECT key, version, ${label} ${from}`;
    const order = 'ORDER BY key LIMIT $4';
    // Each part is a range of one index.
    const text =
      tag === null
        ? `${select} ${order}`
        : `(${select} AND tag = $5 ${order}) UNION ALL (${select} AND tag = '' ${order}) ORDER BY 1 LIMIT $4`;
    if (tag !== null) values.push(tag);
    const rows = await session.run(attempt, { text, values });
    yield* rows.map(entryIn);
    const last = rows.at(-1);
    if (rows.length < limit || last === undefined) return;
    behind = textIn(last, 0);
    limit = PAGE;
  }
}

/** How many keys have the prefix: a range of one index. */
export async function countKeys(
  { session, tables }: { readonly session: Session; readonly tables: Tables },
  { attempt, prefix }: { readonly attempt: string; readonly prefix: string },
): Promise<number> {
  const table = tables.nameOf(tables.kindOf(prefix));
  const text = `SELECT count(*) FROM ${table} WHERE key >= $1 AND key < $2`;
  const [row] = await session.run(attempt, { text, values: [prefix, endOf(prefix)] });
  return Number(textIn(row, 0));
}

/** Of the columns key, version and label. */
export function entryIn(row: SqlRow): StoredEntry {
  return { key: textIn(row, 0), version: textIn(row, 1) as Version, label: columnIn(row, 2) };
}

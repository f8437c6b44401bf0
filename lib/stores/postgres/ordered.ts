import {
  type CountQuery,
  type GroupCounts,
  type OrderedLists,
  type PageQuery,
  type PlaceBound,
  type PlacedEntry,
  placedOrder,
} from '../../store.ts';
import { compareKeys, endOf } from '../key-order.ts';
import { columnIn, type SqlRow, type SqlValue, textIn } from './client.ts';
import { entryIn } from './listing.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** So many objects with one start of the key are sorted for a page. Where there are more, a search soon finds some. */
const FEW_KEYS = 1_000;

/** The lists by place of one folder. Every write of an object writes its place, so they are always complete. */
export function createOrderedLists(
  folder: string,
  { session, tables }: { readonly session: Session; readonly tables: Tables },
): OrderedLists {
  const table = tables.nameOf('listed');

  return {
    folders: [folder],
    isComplete: async asked => asked === folder,
    complete: async () => null,

    async page(asked, query) {
      if (asked !== folder || query.limit === 0) return [];
      const values: SqlValue[] = [];
      const bind = (value: SqlValue): string => `$${values.push(value)}`;
      const { prefix = '' } = query;
      const limit = bind(String(query.limit));
      const parts = partsOf(query, { tables, bind });
      const keys = prefix === '' ? null : rangeOf(`${folder}/${prefix}`, bind);
      const isSorted = keys !== null && (await hasFewKeys(`${folder}/${prefix}`));
      const from = isSorted ? 'named' : table;
      const where = keys === null || isSorted ? '' : ` AND ${keys}`;
      const texts = parts.map(
        part =>
          `(SELECT ${COLUMNS} FROM ${from} WHERE ${part.where}${where} ORDER BY ${part.order} LIMIT ${limit})`,
      );
      const named = isSorted
        ? `WITH named AS MATERIALIZED (SELECT ${COLUMNS}, kind, field_a, field_b FROM ${table} WHERE ${keys}) `
        : '';
      const statement = { text: named + texts.join(' UNION ALL '), values };
      const rows = await session.run(`list "${folder}"`, statement);
      const compare = placedOrder(query.descending, compareKeys);
      return rows.map(placedEntryIn).toSorted(compare).slice(0, query.limit);
    },

    // All columns are in an index, so no row is read but those of pages that have changed since the last vacuum.
    countGroups: () => countWhere('true'),

    count: async (asked, query) => (asked === folder ? countOf(query) : 0),

    async countField(asked, name) {
      const column = tables.fieldColumn(name);
      if (asked !== folder || column === null) return new Map();
      return (await countWhere(indexed(column))).groups;
    },
  };

  async function countOf({
    group,
    field = null,
    before,
    prefix = '',
  }: CountQuery): Promise<number | null> {
    const values: SqlValue[] = [];
    const bind = (value: SqlValue): string => `$${values.push(value)}`;
    const column = field === null ? null : tables.fieldColumn(field.name);
    const value = field?.value ?? null;
    if (field !== null && (column === null || (value !== null && !tables.keepsField(value)))) {
      return null;
    }
    const conditions = [
      ...(group === null ? ['place IS NOT NULL'] : [`kind = ${bind(group)}`]),
      ...(before === null ? [] : [`place < ${bind(before)}`]),
      ...(prefix === '' ? [] : [rangeOf(`${folder}/${prefix}`, bind)]),
      ...(column === null ? [] : [indexed(column)]),
    ];
    const isKnown =
      column === null || value === null ? [] : [`${column} = ${bind(tables.storedField(value))}`];
    const countText = (more: readonly string[]): string =>
      `(SELECT count(*) FROM ${table} WHERE ${[...conditions, ...more].join(' AND ')})`;
    const unknown = column === null ? '0' : countText([`${column} IS NULL`]);
    const text = `SELECT ${countText(isKnown)}, ${unknown}`;
    const [row] = await session.run(`count "${folder}"`, { text, values });
    return Number(textIn(row, 1)) > 0 ? null : Number(textIn(row, 0));
  }

  async function hasFewKeys(start: string): Promise<boolean> {
    const values: SqlValue[] = [];
    const range = rangeOf(start, value => `$${values.push(value)}`);
    const text = `SELECT count(*) FROM (SELECT FROM ${table} WHERE ${range} LIMIT ${FEW_KEYS + 1}) AS named`;
    const [row] = await session.run(`count "${folder}"`, { text, values });
    return Number(textIn(row, 0)) <= FEW_KEYS;
  }

  async function countWhere(where: string): Promise<GroupCounts> {
    const text = `SELECT kind, count(*) FROM ${table} WHERE ${where} GROUP BY kind`;
    const rows = await session.run(`count "${folder}"`, { text, values: [] });
    const groups = new Map<string, number>();
    let unplaced = 0;
    for (const row of rows) {
      const kind = columnIn(row, 0);
      const count = Number(textIn(row, 1));
      if (kind === null) unplaced = count;
      else groups.set(kind, count);
    }
    return { groups, unplaced };
  }
}

/** Of the keys that begin so. */
function rangeOf(start: string, bind: (value: SqlValue) => string): string {
  return `key >= ${bind(start)} AND key < ${bind(endOf(start))}`;
}

const COLUMNS = 'key, version, label, place';

interface Part {
  readonly where: string;
  readonly order: string;
}

/** The ranges of an index that a page is made of. Each is read in its order, up to the limit. */
function partsOf(
  { group, field = null, after, before, descending }: PageQuery,
  { tables, bind }: { readonly tables: Tables; readonly bind: (value: SqlValue) => string },
): readonly Part[] {
  const keyOrder = descending ? 'ASC' : 'DESC';
  const order = `place ${descending ? 'DESC' : 'ASC'}, key ${keyOrder}`;
  const isBehind = (key: string): string => `key ${descending ? '>' : '<'} ${bind(key)}`;
  const parts: Part[] = [];
  if (group === null && before === null && (after === null || after.order === null)) {
    const behind = after === null ? '' : ` AND ${isBehind(after.key)}`;
    parts.push({ where: `place IS NULL${behind}`, order: `key ${keyOrder}` });
  }
  // No index has the objects of all groups with any value in order. So all are read, and the caller compares.
  const isAny = field !== null && field.value === null && group === null;
  const column = field === null || isAny ? null : tables.fieldColumn(field.name);
  const ofGroup = group === null ? [] : [`kind = ${bind(group)}`];
  const choices =
    field === null || column === null
      ? [ofGroup]
      : choicesOf(column, field.value === null ? null : bind(tables.storedField(field.value))).map(
          choice => choice.concat(indexed(column), ofGroup),
        );
  const ranges = rangesOf({ after, before, descending }, { bind, isBehind });
  for (const choice of choices) {
    for (const range of ranges) parts.push({ where: [...choice, range].join(' AND '), order });
  }
  return parts;
}

/** Of a value, or null for any: an entry whose value is not known is one, too. */
function choicesOf(column: string, value: string | null): readonly (readonly string[])[] {
  return value === null ? [[]] : [[`${column} = ${value}`], [`${column} IS NULL`]];
}

/** The condition of the partial index, which the planner does not conclude. */
function indexed(column: string): string {
  return `${column} IS DISTINCT FROM ''`;
}

/** The places behind a bound, and those of the same place whose keys are behind its key. */
function rangesOf(
  {
    after,
    before,
    descending,
  }: {
    readonly after: PlaceBound | null;
    readonly before: string | null;
    readonly descending: boolean;
  },
  {
    bind,
    isBehind,
  }: { readonly bind: (value: SqlValue) => string; readonly isBehind: (key: string) => string },
): readonly string[] {
  const order = after?.order ?? null;
  const limits = before === null ? [] : [`place < ${bind(before)}`];
  if (order === null) return [limits.length === 0 ? 'place IS NOT NULL' : limits.join(' AND ')];
  const at = bind(order);
  return [
    [`place = ${at}`, isBehind(after?.key ?? ''), ...limits].join(' AND '),
    [`place ${descending ? '<' : '>'} ${at}`, ...limits].join(' AND '),
  ];
}

function placedEntryIn(row: SqlRow): PlacedEntry {
  return { ...entryIn(row), order: row[3] ?? null };
}

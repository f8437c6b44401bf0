import {
  type FieldQuery,
  type Place,
  type PlaceBound,
  type PlacedEntry,
  placedOrder,
  type Version,
} from '../../store.ts';
import { compareKeys } from '../key-order.ts';
import { numberIn, optionalTextIn, textIn } from './schema.ts';
import type { SqlLike, SqlRow } from './sql.ts';

/** An entry of the catalogue as it is stored. */
export interface ListedRow {
  readonly version: Version;
  readonly label: string | null;
  readonly place: Place | null;
}

/** What an entry says, with its order and group as they are stored. */
export interface ListedEntry {
  readonly version: Version;
  readonly label: string | null;
  readonly order: string | null;
  readonly group: string | null;
}

/** A range of the entries, in one direction. */
export interface ListedRange {
  readonly group: string | null;
  readonly field: FieldQuery | null;
  readonly after: PlaceBound | null;
  readonly before: string | null;
  readonly descending: boolean;
  readonly limit: number;
}

/** The entries that are not in memory. Entries without a place have neither order nor group. */
export interface ListedTable {
  /** Null where there is no entry. */
  read(key: string): ListedEntry | null;
  write(key: string, row: ListedRow): void;
  remove(key: string): void;
  /** In the order of pages, without those that have no place. */
  range(query: ListedRange): readonly PlacedEntry[];
  unplaced(query: Pick<ListedRange, 'after' | 'descending' | 'limit'>): readonly PlacedEntry[];
  /** Behind `after`, up to `upTo`, by key. */
  keys(query: { readonly after: string; readonly upTo: string }): ReadonlyMap<string, ListedEntry>;
  countGroups(): Map<string | null, number>;
}

const COLUMNS = 'key, version, label, place';

export function createListedTable(sql: SqlLike, fields: readonly string[]): ListedTable {
  /** With the condition of the partial index, or its planner would not use that. */
  function conditionOf({ group, field }: Pick<ListedRange, 'group' | 'field'>): {
    readonly text: string;
    readonly bindings: readonly string[];
    readonly index?: string;
  }[] {
    const column = columnOf(fields, field?.name);
    const kind =
      group === null ? { text: '', bindings: [] } : { text: 'kind = ?', bindings: [group] };
    if (field === null || column === null) return [kind];
    const isIn = kind.text === '' ? '' : ` AND ${kind.text}`;
    const unknown = {
      text: `${column} IS NULL AND ${column} IS NOT ''${isIn}`,
      bindings: kind.bindings,
    };
    if (field.value === null) {
      // The planner would read all entries in their order, to sort none. Few have a value.
      const any = `${column} > '' AND ${column} IS NOT ''${isIn}`;
      return [{ text: any, bindings: kind.bindings, index: `listed_by_${column.at(-1)}` }, unknown];
    }
    return [
      {
        text: `${column} = ? AND ${column} IS NOT ''${isIn}`,
        bindings: [field.value, ...kind.bindings],
      },
      unknown,
    ];
  }

  function select(
    condition: string,
    {
      descending,
      limit,
      index,
    }: Pick<ListedRange, 'descending' | 'limit'> & { index?: string | undefined },
    bindings: readonly string[],
  ): readonly PlacedEntry[] {
    const order = descending ? 'place DESC, key ASC' : 'place ASC, key DESC';
    const query = `SELECT ${COLUMNS} FROM listed${index === undefined ? '' : ` INDEXED BY ${index}`} WHERE ${condition} ORDER BY ${order} LIMIT ?`;
    return sql
      .exec(query, ...bindings, limit)
      .toArray()
      .map(entryIn);
  }

  return {
    read(key) {
      const [row] = sql
        .exec('SELECT version, label, place, kind FROM listed WHERE key = ?', key)
        .toArray();
      return row === undefined ? null : listedIn(row);
    },

    write(key, { version, label, place }) {
      const [a, b] = fields.map(name => (place === null ? '' : (place.fields?.[name] ?? null)));
      sql.exec(
        `INSERT INTO listed (key, version, label, place, kind, field_a, field_b) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET version = excluded.version, label = excluded.label, place = excluded.place,
          kind = excluded.kind, field_a = excluded.field_a, field_b = excluded.field_b`,
        key,
        version,
        label,
        place?.order ?? null,
        place?.group ?? null,
        a === undefined ? '' : a,
        b === undefined ? '' : b,
      );
    },

    remove(key) {
      sql.exec('DELETE FROM listed WHERE key = ?', key);
    },

    range(query) {
      const { after, before, descending, limit } = query;
      const found: PlacedEntry[][] = [];
      for (const { text, bindings, index } of conditionOf(query)) {
        const and = text === '' ? '' : `${text} AND `;
        const ofOrder = after?.order ?? null;
        const isBehind = before === null || ofOrder === null || ofOrder < before;
        const entries: PlacedEntry[] = [];
        if (after !== null && ofOrder !== null && isBehind) {
          const side = descending ? '>' : '<';
          entries.push(
            ...select(`${and}place = ? AND key ${side} ?`, { ...query, index }, [
              ...bindings,
              ofOrder,
              after.key,
            ]),
          );
        }
        const rest = { descending, limit: limit - entries.length, index };
        const bounds = boundsOf(ofOrder, before, descending);
        if (rest.limit > 0) {
          entries.push(...select(`${and}${bounds.text}`, rest, [...bindings, ...bounds.bindings]));
        }
        found.push(entries);
      }
      const [first = [], second = []] = found;
      if (second.length === 0) return first;
      return [...first, ...second].toSorted(placedOrder(descending, compareKeys)).slice(0, limit);
    },

    unplaced({ after, descending, limit }) {
      const direction = descending ? 'ASC' : 'DESC';
      const side = descending ? '>' : '<';
      const behind = after === null ? '' : `AND key ${side} ?`;
      const query = `SELECT ${COLUMNS} FROM listed WHERE place IS NULL ${behind} ORDER BY key ${direction} LIMIT ?`;
      return sql
        .exec(query, ...(after === null ? [] : [after.key]), limit)
        .toArray()
        .map(entryIn);
    },

    keys: ({ after, upTo }) =>
      new Map(
        sql
          .exec(
            `SELECT ${COLUMNS}, kind FROM listed WHERE key > ? AND key <= ? ORDER BY key`,
            after,
            upTo,
          )
          .toArray()
          .map(row => [textIn(row, 'key'), listedIn(row)]),
      ),

    countGroups() {
      const rows = sql.exec('SELECT kind, COUNT(*) AS count FROM listed GROUP BY kind').toArray();
      return new Map(rows.map(row => [optionalTextIn(row, 'kind'), numberIn(row, 'count')]));
    },
  };
}

function boundsOf(
  order: string | null,
  before: string | null,
  descending: boolean,
): { readonly text: string; readonly bindings: readonly string[] } {
  if (descending) {
    const upTo = order !== null && (before === null || order < before) ? order : before;
    if (upTo === null) return { text: 'place IS NOT NULL', bindings: [] };
    return { text: 'place < ?', bindings: [upTo] };
  }
  const low = order === null ? 'place IS NOT NULL' : 'place > ?';
  const high = before === null ? '' : ' AND place < ?';
  return {
    text: `${low}${high}`,
    bindings: [...(order === null ? [] : [order]), ...(before === null ? [] : [before])],
  };
}

/** Null for a field that has no index: its entries are then not chosen by it. */
export function columnOf(fields: readonly string[], name: string | undefined): string | null {
  const index = name === undefined ? -1 : fields.indexOf(name);
  return ['field_a', 'field_b'][index] ?? null;
}

function listedIn(row: SqlRow): ListedEntry {
  return {
    version: versionIn(row),
    label: optionalTextIn(row, 'label'),
    order: optionalTextIn(row, 'place'),
    group: optionalTextIn(row, 'kind'),
  };
}

function entryIn(row: SqlRow): PlacedEntry {
  return {
    key: textIn(row, 'key'),
    order: optionalTextIn(row, 'place'),
    version: versionIn(row),
    label: optionalTextIn(row, 'label'),
  };
}

function versionIn(row: SqlRow): Version {
  return textIn(row, 'version') as Version;
}

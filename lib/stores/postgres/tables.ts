import type { Place } from '../../store.ts';
import type { SqlValue } from './client.ts';
import type { PostgresLayout } from './layout.ts';

/**
 * - `listed`: objects with places, and indexes for lists by place;
 * - `resident`: small objects that change often. No index but that of the keys, so that a change writes none;
 * - `plain`: all others, with tags.
 */
export type TableKind = 'listed' | 'resident' | 'plain';

/** The columns that every table has, without the number of the transaction. */
const COLUMNS = ['key', 'version', 'replaced', 'body', 'is_text', 'label'];

/** The columns that only one kind of table has. */
const OWN_COLUMNS: Readonly<Record<TableKind, readonly string[]>> = {
  listed: ['place', 'kind', 'field_a', 'field_b'],
  resident: [],
  plain: ['tag'],
};

/** What a write of an object gives values for, in this order. */
export function columnsOf(kind: TableKind): readonly string[] {
  return [...COLUMNS, ...OWN_COLUMNS[kind]];
}

/** The names of the tables in their schema, quoted. */
export interface Tables {
  /** The table of the objects with this key or prefix. */
  kindOf(key: string): TableKind;
  nameOf(kind: TableKind): string;
  indexName(name: string): string;
  /** As in the layout. Null where that leaves it out. */
  readonly soleEnd: number | null;
  /** What was deleted lately. */
  readonly removed: string;
  /** One row about the schema. */
  readonly state: string;
  /** The names of all tables. */
  readonly all: readonly string[];
  /** The values of the columns that only the table of this key has. */
  ownValues(key: string, label: string | null): readonly SqlValue[];
  /** The field of places that this column has, and its value as it is stored. Null where there is no such column. */
  fieldColumn(name: string): string | null;
  storedField(value: string): string;
  /** Whether no other value is stored in the same way, but for one with NUL characters. */
  keepsField(value: string): boolean;
}

/** Longer values are cut: an entry of an index has a largest size. */
const FIELD_CHARACTERS = 64;
const ONLY_NUL = '\ufffd';
const FIELD_COLUMNS = ['field_a', 'field_b'];

export function createTables(schema: string, layout: PostgresLayout): Tables {
  const { listed, tagged, fields, placeOf, isResident, soleEnd = null } = layout;

  function kindOf(key: string): TableKind {
    if (listed !== null && key.startsWith(`${listed}/`)) return 'listed';
    return isResident(key) ? 'resident' : 'plain';
  }

  function placeValues(place: Place | null): readonly SqlValue[] {
    if (place === null) return [null, null, null, null];
    const [a, b] = FIELD_COLUMNS.map((_, index) => {
      const name = fields[index];
      if (name === undefined) return '';
      const value = place.fields?.[name];
      return value === undefined ? null : storedField(value);
    });
    return [place.order, storedField(place.group), a ?? null, b ?? null];
  }

  const nameOf = (kind: TableKind) => `"${schema}"."${kind}_object"`;
  const removed = `"${schema}"."removed_object"`;
  const state = `"${schema}"."state"`;

  return {
    kindOf,
    nameOf,
    indexName: name => `"${schema}"."${name}"`,
    soleEnd,
    removed,
    state,
    all: [nameOf('listed'), nameOf('resident'), nameOf('plain'), removed, state],

    ownValues(key, label) {
      switch (kindOf(key)) {
        case 'listed':
          return placeValues(label === null ? null : placeOf(label));
        case 'resident':
          return [];
        case 'plain':
          return [
            tagged !== null && key.startsWith(`${tagged.folder}/`) ? tagged.tagOf(key) : null,
          ];
        default:
          throw new TypeError('No such table');
      }
    },

    fieldColumn(name) {
      const index = fields.indexOf(name);
      return FIELD_COLUMNS[index] ?? null;
    },
    storedField,
    keepsField: value => value.length < FIELD_CHARACTERS && value === storedField(value),
  };
}

/** Texts of the database have no NUL. Only an empty value is stored as an empty one, which the indexes leave out. */
function storedField(value: string): string {
  const text = value.slice(0, FIELD_CHARACTERS).toWellFormed().replaceAll('\0', '');
  return text === '' && value !== '' ? ONLY_NUL : text;
}

import {
  type Body,
  type Durability,
  type Precondition,
  replacedVersion,
  type Version,
} from '../../store.ts';
import { joined } from '../parts.ts';
import { isText } from './body-text.ts';
import { READS, type SharedWith, type SqlValue, type Statement } from './client.ts';
import { OWN_COLUMNS, type TableKind, type Tables } from './tables.ts';

export interface Write {
  readonly key: string;
  readonly body: Body;
  readonly label: string | null;
  readonly precondition: Precondition;
  readonly durability: Durability;
}

export type Deletion = Omit<Write, 'body' | 'label'>;

/** The columns that every table has, without the number of the transaction. */
const WRITTEN = ['key', 'version', 'replaced', 'body', 'is_text', 'label'];

/** The statements of writes. All have rows where they have written, and none where they have not. */
export interface WriteStatements {
  put(write: Write, version: Version): Statement;
  /** As a durable `put`, and an empty object with it, whatever is under its key: neither where the precondition refuses. */
  putWithEmpty(
    write: Write,
    version: Version,
    empty: { readonly key: string; readonly version: Version },
  ): Statement;
  /** Records the deletion with its id. */
  delete(deletion: Deletion, id: string): Statement;
  /** The version of an object, and what that replaced. */
  head(key: string): Statement;
  /** A row if this deletion was recorded. */
  deletion(id: string): Statement;
  /** A row if an object with this version was deleted. */
  deletionOf(version: Version): Statement;
  /** A row if an object under this key was deleted lately. */
  deletionsOf(key: string): Statement;
}

/** The transaction is acknowledged before it is on the disk. The log of the server keeps its order. */
const ORDERED = `set_config('synchronous_commit', 'off', true)`;
const CHANGE = 'change = pg_current_xact_id()';

export function createWriteStatements(tables: Tables): WriteStatements {
  /** By what they depend on. There are a few. */
  const putTexts = new Map<string, string>();

  function putText(
    kind: TableKind,
    precondition: Precondition['kind'],
    durability: Durability,
  ): string {
    const name = `${kind} ${precondition} ${durability}`;
    const known = putTexts.get(name);
    if (known !== undefined) return known;
    const text = `${changeText(kind, precondition)} RETURNING ${answerOf(durability)}`;
    putTexts.set(name, text);
    return text;
  }

  function changeText(kind: TableKind, precondition: Precondition['kind']): string {
    const table = tables.nameOf(kind);
    const columns = [...WRITTEN, ...OWN_COLUMNS[kind]];
    const given = columns.map((_, index) => `$${index + 1}`);
    const assignments = columns.map((name, index) => `${name} = ${given[index]}`).slice(1);
    const set = [...assignments, CHANGE].join(', ');
    const insert = `INSERT INTO ${table} (${columns.join(', ')}, change) VALUES (${given.join(', ')}, pg_current_xact_id())`;
    switch (precondition) {
      case 'version':
        return `UPDATE ${table} SET ${set} WHERE key = $1 AND version = $${columns.length + 1}`;
      case 'absent':
        return `${insert} ON CONFLICT (key) DO NOTHING`;
      case 'none':
        return `${insert} ON CONFLICT (key) DO UPDATE SET ${set}`;
      default:
        return precondition satisfies never;
    }
  }

  /** `from`: the number of the first parameter. */
  function emptyText(kind: TableKind, from: number): string {
    const table = tables.nameOf(kind);
    const own = OWN_COLUMNS[kind];
    const fixed = ['NULL', `'\\x'::bytea`, 'true', 'NULL'];
    const ownGiven = own.map((_, index) => `$${from + 2 + index}`);
    const given = [`$${from}`, `$${from + 1}`, ...fixed, ...ownGiven, 'pg_current_xact_id()'];
    const columns = [...WRITTEN, ...own, 'change'];
    const set = columns.slice(1).map(name => `${name} = excluded.${name}`);
    return `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${given.join(', ')} FROM written ON CONFLICT (key) DO UPDATE SET ${set.join(', ')} RETURNING 1`;
  }

  function bothText(
    kind: TableKind,
    precondition: Precondition['kind'],
    emptyKind: TableKind,
  ): string {
    const name = `${kind} ${precondition} with ${emptyKind}`;
    const known = putTexts.get(name);
    if (known !== undefined) return known;
    const given = WRITTEN.length + OWN_COLUMNS[kind].length + Number(precondition === 'version');
    const text = `WITH written AS (${changeText(kind, precondition)} RETURNING 1) ${emptyText(emptyKind, given + 1)}`;
    putTexts.set(name, text);
    return text;
  }

  function putValues({ key, body, label, precondition }: Write, version: Version): SqlValue[] {
    const bytes = joined(body);
    const values: SqlValue[] = [
      key,
      version,
      replacedVersion(precondition),
      bytes,
      isText(bytes),
      label,
      ...tables.ownValues(key, label),
    ];
    if (precondition.kind === 'version') values.push(precondition.version);
    return values;
  }

  return {
    putWithEmpty(write, version, empty) {
      const { key, precondition } = write;
      const own = tables.ownValues(empty.key, null);
      const values = [...putValues(write, version), empty.key, empty.version, ...own];
      const text = bothText(tables.kindOf(key), precondition.kind, tables.kindOf(empty.key));
      return { text, values, shared: writesTo(key, 'durable') };
    },

    put(write, version) {
      const { key, precondition, durability } = write;
      const values = putValues(write, version);
      const text = putText(tables.kindOf(key), precondition.kind, durability);
      return { text, values, shared: writesTo(key, durability) };
    },

    delete({ key, precondition, durability }, id) {
      const table = tables.nameOf(tables.kindOf(key));
      const values = [key, id, ...(precondition.kind === 'version' ? [precondition.version] : [])];
      const condition = precondition.kind === 'version' ? ' AND version = $3' : '';
      const gone = `DELETE FROM ${table} WHERE key = $1${condition} RETURNING key, version`;
      const record = `INSERT INTO ${tables.removed} (key, version, id, change) SELECT key, version, $2, pg_current_xact_id() FROM gone`;
      const text = `WITH gone AS (${gone}) ${record} RETURNING ${answerOf(durability)}`;
      return { text, values, shared: writesTo(key, durability) };
    },

    head(key) {
      const table = tables.nameOf(tables.kindOf(key));
      const text = `SELECT version, replaced FROM ${table} WHERE key = $1`;
      return { text, values: [key], shared: READS };
    },

    deletion: id => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE id = $1`,
      values: [id],
    }),

    deletionOf: version => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE version = $1`,
      values: [version],
    }),

    deletionsOf: key => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE key = $1 LIMIT 1`,
      values: [key],
    }),
  };
}

/** A transaction waits for the disk as a whole, or not at all. */
function writesTo(row: string, durability: Durability): SharedWith {
  return { kind: durability === 'ordered' ? 'ordered' : 'durable', row };
}

/** The column of a row that was written. */
function answerOf(durability: Durability): string {
  return durability === 'ordered' ? ORDERED : '1';
}

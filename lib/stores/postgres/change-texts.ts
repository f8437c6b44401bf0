import type { Precondition } from '../../store.ts';
import { columnsOf, type TableKind, type Tables } from './tables.ts';

/** A put as a statement, or as a part of one. */
export interface PutText {
  readonly table: TableKind;
  readonly precondition: Precondition['kind'];
  /** The parameters of `columnsOf` the table, in their order. */
  readonly given: readonly string[];
  /** The conditions under which it takes place: where it expects a version, that this one is stored. */
  readonly conditions: readonly string[];
  /** What it does where an object is there that must not be. */
  readonly refusal: 'writes-nothing' | 'fails';
}

/** A deletion, which is recorded with the id. */
export interface DeletionText {
  readonly table: TableKind;
  /** The parameters. */
  readonly key: string;
  readonly id: string;
  readonly conditions: readonly string[];
  /** The name of the rows that are deleted, within its statement. */
  readonly gone: string;
}

const NUMBER = 'pg_current_xact_id()';

/** The number of the transaction is stored with the object, for those who follow. */
export function putText(tables: Tables, put: PutText): string {
  const { table, precondition, given, conditions, refusal } = put;
  const name = tables.nameOf(table);
  const columns = columnsOf(table);
  const values = [...given, NUMBER].join(', ');
  const source =
    conditions.length === 0 ? `VALUES (${values})` : `SELECT ${values} WHERE ${allOf(conditions)}`;
  const insert = `INSERT INTO ${name} (${columns.join(', ')}, change) ${source}`;
  const assignments = columns.map((column, index) => `${column} = ${given[index]}`).slice(1);
  const set = [...assignments, `change = ${NUMBER}`].join(', ');
  switch (precondition) {
    case 'version':
      return `UPDATE ${name} SET ${set} WHERE ${allOf([`key = ${given[0]}`, ...conditions])}`;
    case 'absent':
      return refusal === 'fails' ? insert : `${insert} ON CONFLICT (key) DO NOTHING`;
    case 'none':
      return `${insert} ON CONFLICT (key) DO UPDATE SET ${set}`;
    default:
      return precondition satisfies never;
  }
}

/** Two parts of a statement: the rows that are deleted, and their record. */
export function deletionTexts(
  tables: Tables,
  { table, key, id, conditions, gone }: DeletionText,
): { readonly gone: string; readonly record: string } {
  const where = allOf([`key = ${key}`, ...conditions]);
  return {
    gone: `${gone} AS (DELETE FROM ${tables.nameOf(table)} WHERE ${where} RETURNING key, version)`,
    record: `INSERT INTO ${tables.removed} (key, version, id, change) SELECT key, version, ${id}, ${NUMBER} FROM ${gone}`,
  };
}

export function allOf(conditions: readonly string[]): string {
  return conditions.join(' AND ');
}

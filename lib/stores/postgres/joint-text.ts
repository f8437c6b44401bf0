import type { Precondition } from '../../store.ts';
import { columnsOf, type TableKind, type Tables } from './tables.ts';

/** What a write of one step is, without its values. */
export interface JointShape {
  readonly kind: 'put' | 'delete';
  readonly table: TableKind;
  readonly precondition: Precondition['kind'];
}

/** The SQLSTATE of a statement that would have stored an object under a key that has one, against its precondition. */
export const REFUSED = '23505';

const NUMBER = 'pg_current_xact_id()';
/** The types of parameters that are no texts: the server does not conclude them everywhere. */
const TYPES: Readonly<Record<string, string>> = { body: 'bytea', is_text: 'boolean' };

/** A write with the parameters of its values. */
interface Part extends JointShape {
  readonly table: TableKind;
  readonly name: string;
  readonly given: readonly string[];
  /** The condition on the version that is stored, if there is one. */
  readonly isSame: readonly string[];
}

/**
 * One statement of several writes, of which the first is a put. It has a row where all have happened. The first one decides: the others
 * take place where it has written. An object that another one expects at a version is locked before, so that it still has it then.
 * The parameters are those of each write: the columns, or the key and the id of a deletion, and then the version that it expects.
 */
export function jointText(tables: Tables, shapes: readonly JointShape[]): string {
  let bound = 0;
  const bind = (type = 'text'): string => `$${(bound += 1)}::${type}`;
  const parts = shapes.map((shape, index): Part => {
    const columns = shape.kind === 'put' ? columnsOf(shape.table) : ['key', 'id'];
    const given = columns.map(column => bind(TYPES[column]));
    const isSame = shape.precondition === 'version' ? [`version = ${bind()}`] : [];
    return { ...shape, name: index === 0 ? FIRST : `other_${index}`, given, isSame };
  });
  const [first, ...others] = parts;
  if (first === undefined) throw new TypeError('There is no write');
  const expected = others.filter(({ isSame }) => isSame.length > 0);
  const locks = expected.map(
    ({ name, table, given, isSame }) =>
      `${name}_locked AS MATERIALIZED (SELECT FROM ${tables.nameOf(table)} WHERE ${allOf([`key = ${given[0]}`, ...isSame])} FOR UPDATE)`,
  );
  const areLocked = expected.map(({ name }) => `EXISTS (SELECT FROM ${name}_locked)`);
  const ctes = [
    ...locks,
    `${FIRST} AS (${putText(tables, first, areLocked)} RETURNING 1)`,
    ...others.flatMap(part => otherTexts(tables, part)),
  ];
  return `WITH ${ctes.join(', ')} SELECT FROM ${FIRST}`;
}

const FIRST = 'written';
const HAS_WRITTEN = `EXISTS (SELECT FROM ${FIRST})`;

/** `conditions`: those under which it takes place, besides its own. */
function putText(
  tables: Tables,
  { name, table, precondition, given, isSame }: Part,
  conditions: readonly string[],
): string {
  const columns = columnsOf(table);
  const where = conditions.length === 0 ? '' : ` WHERE ${allOf(conditions)}`;
  const insert = `INSERT INTO ${tables.nameOf(table)} (${columns.join(', ')}, change) SELECT ${given.join(', ')}, ${NUMBER}${where}`;
  const set = [
    ...columns.map((column, index) => `${column} = ${given[index]}`).slice(1),
    `change = ${NUMBER}`,
  ];
  switch (precondition) {
    case 'version':
      return `UPDATE ${tables.nameOf(table)} SET ${set.join(', ')} WHERE ${allOf([`key = ${given[0]}`, ...isSame, ...conditions])}`;
    case 'absent':
      // Of the others it fails, and with it the whole statement.
      return name === FIRST ? `${insert} ON CONFLICT (key) DO NOTHING` : insert;
    case 'none':
      return `${insert} ON CONFLICT (key) DO UPDATE SET ${set.join(', ')}`;
    default:
      return precondition satisfies never;
  }
}

function otherTexts(tables: Tables, part: Part): readonly string[] {
  const { kind, name, table, given, isSame } = part;
  if (kind === 'put') return [`${name} AS (${putText(tables, part, [HAS_WRITTEN])})`];
  const [key, id] = given;
  const where = allOf([`key = ${key}`, ...isSame, HAS_WRITTEN]);
  const gone = `${name}_gone AS (DELETE FROM ${tables.nameOf(table)} WHERE ${where} RETURNING key, version)`;
  const record = `INSERT INTO ${tables.removed} (key, version, id, change) SELECT key, version, ${id}, ${NUMBER} FROM ${name}_gone`;
  return [gone, `${name} AS (${record})`];
}

function allOf(conditions: readonly string[]): string {
  return conditions.join(' AND ');
}

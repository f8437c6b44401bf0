import type { Precondition } from '../../store.ts';
import { allOf, deletionTexts, putText } from './change-texts.ts';
import { columnsOf, type TableKind, type Tables } from './tables.ts';

/** What a write of one step is, without its values. */
export interface JointShape {
  readonly kind: 'put' | 'delete';
  readonly table: TableKind;
  readonly precondition: Precondition['kind'];
}

/** The SQLSTATE of a statement that would have stored an object under a key that has one, against its precondition. */
export const REFUSED = '23505';

/** The types of parameters that are no texts: the server does not conclude them everywhere. */
const TYPES: Readonly<Record<string, string>> = { body: 'bytea', is_text: 'boolean' };

/** A write with the parameters of its values. */
interface Part extends JointShape {
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
  const conditions = [...first.isSame, ...areLocked];
  const firstText = putText(tables, { ...first, conditions, refusal: 'writes-nothing' });
  const ctes = [
    ...locks,
    `${FIRST} AS (${firstText} RETURNING 1)`,
    ...others.flatMap(part => otherTexts(tables, part)),
  ];
  return `WITH ${ctes.join(', ')} SELECT FROM ${FIRST}`;
}

const FIRST = 'written';
const HAS_WRITTEN = `EXISTS (SELECT FROM ${FIRST})`;

function otherTexts(tables: Tables, part: Part): readonly string[] {
  const { kind, name, table, given, isSame } = part;
  const conditions = [...isSame, HAS_WRITTEN];
  if (kind === 'put') {
    // A refusal fails, and with it the whole statement.
    return [`${name} AS (${putText(tables, { ...part, conditions, refusal: 'fails' })})`];
  }
  const [key = '', id = ''] = given;
  const deletion = { table, key, id, conditions, gone: `${name}_gone` };
  const { gone, record } = deletionTexts(tables, deletion);
  return [gone, `${name} AS (${record})`];
}

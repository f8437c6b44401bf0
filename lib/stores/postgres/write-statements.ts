import {
  type Body,
  type Durability,
  type Precondition,
  replacedVersion,
  type Version,
} from '../../store.ts';
import { joined } from '../parts.ts';
import { isText } from './body-text.ts';
import { deletionTexts, putText } from './change-texts.ts';
import { READS, type SharedWith, type SqlValue, type Statement } from './client.ts';
import { jointText } from './joint-text.ts';
import { columnsOf, type TableKind, type Tables } from './tables.ts';

export interface Write {
  readonly key: string;
  readonly body: Body;
  readonly label: string | null;
  readonly precondition: Precondition;
  readonly durability: Durability;
}

export type Deletion = Omit<Write, 'body' | 'label'>;

/** One of the writes that happen in one step with a put: what it stores under a new version, or the id of a deletion. */
export type JointPart =
  | { readonly kind: 'put'; readonly write: Omit<Write, 'durability'>; readonly version: Version }
  | {
      readonly kind: 'delete';
      readonly deletion: Omit<Deletion, 'durability'>;
      readonly id: string;
    };

/** The statements of writes. All have rows where they have written, and none where they have not. */
export interface WriteStatements {
  put(write: Write, version: Version): Statement;
  /** As a durable `put`, with others: all, or none where a precondition refuses. Fails with `REFUSED` where an object is there that must not be. */
  putWith(
    write: Omit<Write, 'durability'>,
    version: Version,
    others: readonly JointPart[],
  ): Statement;
  /** Records the deletion with its id. */
  delete(deletion: Deletion, id: string): Statement;
  /** The version of an object, and what that replaced. */
  head(key: string): Statement;
  /** A row if this deletion was recorded. */
  deletion(id: string): Statement;
  /** The ids of the deletions of this key lately. It reads all that are recorded. */
  deletionsOf(key: string): Statement;
  /** A row if an object with this version was deleted. */
  deletionOf(version: Version): Statement;
}

/** The transaction is acknowledged before it is on the disk. The log of the server keeps its order. */
const ORDERED = `set_config('synchronous_commit', 'off', true)`;

const MOST_TEXTS = 100;

export function createWriteStatements(tables: Tables): WriteStatements {
  /** By what they depend on. */
  const putTexts = new Map<string, string>();

  function textOf(
    kind: TableKind,
    precondition: Precondition['kind'],
    durability: Durability,
  ): string {
    const name = `${kind} ${precondition} ${durability}`;
    const known = putTexts.get(name);
    if (known !== undefined) return known;
    const given = columnsOf(kind).map((_, index) => `$${index + 1}`);
    const conditions = precondition === 'version' ? [`version = $${given.length + 1}`] : [];
    const put = {
      table: kind,
      precondition,
      given,
      conditions,
      refusal: 'writes-nothing',
    } as const;
    const text = `${putText(tables, put)} RETURNING ${answerOf(durability)}`;
    putTexts.set(name, text);
    return text;
  }

  function putValues(
    { key, body, label, precondition }: Omit<Write, 'durability'>,
    version: Version,
  ): SqlValue[] {
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

  function textOfAll(parts: readonly JointPart[]): string {
    const shapes = parts.map(part => {
      const { key, precondition } = part.kind === 'put' ? part.write : part.deletion;
      return { kind: part.kind, table: tables.kindOf(key), precondition: precondition.kind };
    });
    const name = shapes.map(shape => Object.values(shape).join(' ')).join(', ');
    const known = putTexts.get(name);
    if (known !== undefined) return known;
    const text = jointText(tables, shapes);
    // A claim or an end has a few shapes. Others are parsed by the server each time.
    if (putTexts.size < MOST_TEXTS) putTexts.set(name, text);
    return text;
  }

  return {
    putWith(write, version, others) {
      const parts: readonly JointPart[] = [{ kind: 'put', write, version }, ...others];
      const values = parts.flatMap(part =>
        part.kind === 'put' ? putValues(part.write, part.version) : deletionValues(part),
      );
      return { text: textOfAll(parts), values, shared: writesTo(write.key, 'durable') };
    },

    put(write, version) {
      const { key, precondition, durability } = write;
      const values = putValues(write, version);
      const text = textOf(tables.kindOf(key), precondition.kind, durability);
      return { text, values, shared: writesTo(key, durability) };
    },

    delete({ key, precondition, durability }, id) {
      const values = deletionValues({ deletion: { key, precondition }, id });
      const conditions = precondition.kind === 'version' ? ['version = $3'] : [];
      const deletion = { table: tables.kindOf(key), key: '$1', id: '$2', conditions, gone: 'gone' };
      const { gone, record } = deletionTexts(tables, deletion);
      const text = `WITH ${gone} ${record} RETURNING ${answerOf(durability)}`;
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

    deletionsOf: key => ({
      text: `SELECT id FROM ${tables.removed} WHERE key = $1`,
      values: [key],
      shared: READS,
    }),

    deletionOf: version => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE version = $1`,
      values: [version],
    }),
  };
}

function deletionValues({
  deletion,
  id,
}: Omit<JointPart & { kind: 'delete' }, 'kind'>): SqlValue[] {
  const { key, precondition } = deletion;
  return [key, id, ...(precondition.kind === 'version' ? [precondition.version] : [])];
}

/** A transaction waits for the disk as a whole, or not at all. */
function writesTo(row: string, durability: Durability): SharedWith {
  return { kind: durability === 'ordered' ? 'ordered' : 'durable', row };
}

/** The column of a row that was written. */
function answerOf(durability: Durability): string {
  return durability === 'ordered' ? ORDERED : '1';
}

import {
  type Body,
  type Durability,
  type Precondition,
  replacedVersion,
  StoreError,
  type Version,
} from '../../store.ts';
import { joined } from '../parts.ts';
import { isText } from './body-text.ts';
import { type PostgresClient, PostgresFault, type SqlValue, type Statement } from './client.ts';
import type { Session } from './session.ts';
import { OWN_COLUMNS, type TableKind, type Tables } from './tables.ts';

export interface Write {
  readonly key: string;
  readonly body: Body;
  readonly label: string | null;
  readonly precondition: Precondition;
  readonly durability: Durability;
}

export type Deletion = Omit<Write, 'body' | 'label'>;

export interface Writer {
  /** The new version, or null where the precondition refused. */
  put(attempt: string, write: Write): Promise<Version | null>;
  delete(attempt: string, deletion: Deletion): Promise<boolean>;
}

/** The transaction is acknowledged before it is on the disk. The log of the server keeps its order. */
const ORDERED = `set_config('synchronous_commit', 'off', true)`;

export function createWriter({
  session,
  tables,
  mintId,
  deleted,
}: {
  readonly session: Session;
  readonly tables: Tables;
  /** Another visible ASCII text for each call, 64 bits or more. */
  readonly mintId: () => string;
  /** Called after each deletion. */
  readonly deleted: () => void;
}): Writer {
  const texts = createTexts(tables);

  /**
   * A refusal after a try without an answer may come from that try itself. The version of this write is of no other. It was
   * carried out where the object has this version, or where that was replaced or deleted since. It was not where another write
   * has replaced what this one was to replace.
   */
  async function settle(
    run: PostgresClient['run'],
    { attempt, write, version }: { attempt: string; write: Write; version: Version },
  ): Promise<Version | null> {
    const [row] = await run(texts.head(write.key));
    const [stored, replaced] = row ?? [];
    if (stored === version || replaced === version) return version;
    if ((await run(texts.deletionOf(version))).length > 0) return version;
    if (replaced !== undefined && replaced === replacedVersion(write.precondition)) return null;
    throw new StoreError(
      `Cannot ${attempt}: a try got no answer, and the stored object does not show whether it succeeded`,
    );
  }

  return {
    put(attempt, write) {
      const version = mintId() as Version;
      const statement = texts.put(write, version);
      const unclear = createUnclear();
      return session.tries(attempt, async run => {
        const rows = await unclear.note(() => run(statement));
        if (rows.length > 0) return version;
        return unclear.isSo() ? settle(run, { attempt, write, version }) : null;
      });
    },

    delete(attempt, deletion) {
      const { key, precondition } = deletion;
      if (precondition.kind === 'absent') {
        return session.tries(attempt, async run => (await run(texts.head(key))).length === 0);
      }
      const id = mintId();
      const statement = texts.delete(deletion, id);
      const unclear = createUnclear();
      return session.tries(attempt, async run => {
        const rows = await unclear.note(() => run(statement));
        if (rows.length > 0) deleted();
        if (rows.length > 0 || precondition.kind === 'none') return true;
        return unclear.isSo() && (await run(texts.deletion(id))).length > 0;
      });
    },
  };
}

/** Remembers whether a try may have been carried out without an answer. */
function createUnclear(): { note<T>(task: () => Promise<T>): Promise<T>; isSo(): boolean } {
  let unclear = false;
  return {
    async note(task) {
      try {
        return await task();
      } catch (error) {
        if (error instanceof PostgresFault && error.kind === 'unclear') unclear = true;
        throw error;
      }
    },
    isSo: () => unclear,
  };
}

function createTexts(tables: Tables) {
  function put({ key, body, label, precondition, durability }: Write, version: Version): Statement {
    const kind = tables.kindOf(key);
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
    const text = putText(kind, precondition.kind, values.length + 1);
    if (precondition.kind === 'version') values.push(precondition.version);
    return { text: `${text} RETURNING ${answerOf(durability)}`, values };
  }

  function putText(kind: TableKind, precondition: Precondition['kind'], next: number): string {
    const table = tables.nameOf(kind);
    const columns = [
      'key',
      'version',
      'replaced',
      'body',
      'is_text',
      'label',
      ...OWN_COLUMNS[kind],
    ];
    const set = columns
      .map((name, index) => `${name} = $${index + 1}`)
      .slice(1)
      .join(', ');
    const change = 'change = pg_current_xact_id()';
    if (precondition === 'version') {
      return `UPDATE ${table} SET ${set}, ${change} WHERE key = $1 AND version = $${next}`;
    }
    const given = columns.map((_, index) => `$${index + 1}`).join(', ');
    const insert = `INSERT INTO ${table} (${columns.join(', ')}, change) VALUES (${given}, pg_current_xact_id())`;
    return precondition === 'absent'
      ? `${insert} ON CONFLICT (key) DO NOTHING`
      : `${insert} ON CONFLICT (key) DO UPDATE SET ${set}, ${change}`;
  }

  return {
    put,

    delete({ key, precondition, durability }: Deletion, id: string): Statement {
      const table = tables.nameOf(tables.kindOf(key));
      const values = [key, id, ...(precondition.kind === 'version' ? [precondition.version] : [])];
      const condition = precondition.kind === 'version' ? ' AND version = $3' : '';
      const gone = `DELETE FROM ${table} WHERE key = $1${condition} RETURNING key, version`;
      const record = `INSERT INTO ${tables.removed} (key, version, id, change) SELECT key, version, $2, pg_current_xact_id() FROM gone`;
      return { text: `WITH gone AS (${gone}) ${record} RETURNING ${answerOf(durability)}`, values };
    },

    head(key: string): Statement {
      const table = tables.nameOf(tables.kindOf(key));
      return { text: `SELECT version, replaced FROM ${table} WHERE key = $1`, values: [key] };
    },

    deletion: (id: string): Statement => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE id = $1`,
      values: [id],
    }),

    deletionOf: (version: Version): Statement => ({
      text: `SELECT 1 FROM ${tables.removed} WHERE version = $1`,
      values: [version],
    }),
  };
}

/** The column of a row that was written. */
function answerOf(durability: Durability): string {
  return durability === 'ordered' ? ORDERED : '1';
}

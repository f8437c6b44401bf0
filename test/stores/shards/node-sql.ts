import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { SqlLike, SqlRow } from '../../../lib/stores/shard/sql.ts';

/** A database with the counts that the platform bills. It outlives the shards that are opened on it. */
export interface NodeSql extends SqlLike {
  /** Rows that were read and written since this was last called. */
  take(): { readonly read: number; readonly written: number };
  close(): void;
}

export function openNodeSql(): NodeSql {
  const database = new DatabaseSync(':memory:');
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  let depth = 0;
  let read = 0;
  let written = 0;

  function prepared(query: string): ReturnType<DatabaseSync['prepare']> {
    const known = statements.get(query) ?? database.prepare(query);
    statements.set(query, known);
    return known;
  }

  return {
    exec(query, ...bindings: SQLInputValue[]) {
      const rows = prepared(query).all(...bindings);
      read += query.startsWith('SELECT') ? rows.length : 0;
      written += /^(?:INSERT|DELETE|UPDATE)/.test(query) ? writtenBy(query, bindings) : 0;
      return { toArray: () => rows.map(rowOf) };
    },

    transaction(task) {
      const name = `level_${depth}`;
      database.exec(`SAVEPOINT ${name}`);
      depth += 1;
      try {
        return task();
      } catch (error) {
        database.exec(`ROLLBACK TO ${name}`);
        throw error;
      } finally {
        depth -= 1;
        database.exec(`RELEASE ${name}`);
      }
    },

    take() {
      const taken = { read, written };
      read = 0;
      written = 0;
      return taken;
    },

    close: () => database.close(),
  };
}

/** As a Durable Object counts: the row, and each index that gets an entry. A deletion is one. */
function writtenBy(query: string, bindings: readonly SQLInputValue[]): number {
  if (query.startsWith('INSERT INTO object')) return bindings[5] === null ? 1 : 2;
  if (!query.startsWith('INSERT INTO listed')) return 1;
  return 3 + bindings.slice(5, 7).filter(field => field !== '').length;
}

function rowOf(row: Record<string, unknown>): SqlRow {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Uint8Array.from(value).buffer];
      if (value === null || typeof value === 'string' || typeof value === 'number') {
        return [name, value];
      }
      throw new TypeError(`No value of a shard: ${typeof value}`);
    }),
  );
}

import type { StoredEntry, Version } from '../../store.ts';
import { endOf } from '../key-order.ts';
import { bytesIn, optionalTextIn, textIn } from './schema.ts';
import type { SqlLike } from './sql.ts';

/** An object that a shard holds. */
export interface HeldObject {
  readonly version: Version;
  /** What it had to replace, as `replacedVersion` says it. */
  readonly over: string | null;
  readonly label: string | null;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The objects that are not in memory. */
export interface ObjectTable {
  read(key: string): HeldObject | null;
  write(key: string, object: HeldObject, tag: string | null): void;
  remove(key: string): void;
  /** Keys with the prefix behind `after`; with a tag only those. */
  list(query: {
    readonly prefix: string;
    readonly after: string;
    readonly tag: string | null;
    readonly limit: number;
  }): readonly StoredEntry[];
}

export function createObjectTable(sql: SqlLike): ObjectTable {
  return {
    read(key) {
      const [row] = sql
        .exec('SELECT version, over, label, body FROM object WHERE key = ?', key)
        .toArray();
      if (row === undefined) return null;
      return {
        version: versionOf(textIn(row, 'version')),
        over: optionalTextIn(row, 'over'),
        label: optionalTextIn(row, 'label'),
        body: bytesIn(row, 'body'),
      };
    },

    write(key, { version, over, label, body }, tag) {
      sql.exec(
        `INSERT INTO object (key, version, over, label, body, tag) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT (key) DO UPDATE SET version = excluded.version, over = excluded.over, label = excluded.label, body = excluded.body`,
        key,
        version,
        over,
        label,
        body,
        tag,
      );
    },

    remove(key) {
      sql.exec('DELETE FROM object WHERE key = ?', key);
    },

    list({ prefix, after, tag, limit }) {
      const start = after > prefix ? after : prefix;
      const among = tag === null ? '' : 'tag = ? AND';
      return sql
        .exec(
          // A name may be the empty text, so the prefix itself is a key.
          `SELECT key, version, label FROM object WHERE ${among} key ${start === after ? '>' : '>='} ? AND key < ? ORDER BY key LIMIT ?`,
          ...(tag === null ? [] : [tag]),
          start,
          endOf(prefix),
          limit,
        )
        .toArray()
        .map(row => ({
          key: textIn(row, 'key'),
          version: versionOf(textIn(row, 'version')),
          label: optionalTextIn(row, 'label'),
        }));
    },
  };
}

/** Shards keep versions, and mint none. */
function versionOf(text: string): Version {
  return text as Version;
}

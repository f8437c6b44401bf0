/** A value of SQLite. */
export type SqlValue = string | number | null | ArrayBuffer;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The part of a shard's database that it uses: that of a Durable Object, or of Node for tests. All calls are synchronous. */
export interface SqlLike {
  /** Runs one statement to its end. */
  exec(
    query: string,
    ...bindings: (string | number | null | Uint8Array<ArrayBuffer>)[]
  ): {
    toArray(): SqlRow[];
  };
  /** All statements of the task or none: an error undoes them, and is thrown. */
  transaction<T>(task: () => T): T;
}

import type { Connection, Submittable } from 'pg';
import type { SqlRow, SqlValue } from './client.ts';
import { createMessages } from './wire-messages.ts';

/** A statement as it goes over the wire. */
export interface WireStatement {
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** The name under which the session keeps it. Empty for a statement that is parsed each time. */
  readonly name: string;
  /** Whether the session may not have it yet. */
  readonly isNew: boolean;
}

/** Several statements in one message and one transaction, as the driver sends them. */
export interface Batch extends Submittable {
  /** The rows of each statement, once the transaction is committed. Rejects with what the driver or the server says. */
  readonly rows: Promise<readonly (readonly SqlRow[])[]>;
}

/**
 * The driver itself sends one statement in a transaction of its own, and asks for the types of columns that are known. Here they
 * follow each other up to one `Sync`: the server answers them at once, and syncs its disk once.
 */
export function createBatch(statements: readonly WireStatement[]): Batch {
  const { promise, resolve, reject } = Promise.withResolvers<readonly (readonly SqlRow[])[]>();
  const rows: SqlRow[][] = statements.map(() => []);
  let answered = 0;

  const messages = createMessages();

  function send(connection: Connection, { text, values, name, isNew }: WireStatement): void {
    if (isNew) {
      flush(connection);
      // It is not an error to close one that is not there.
      if (name !== '') connection.close({ type: 'S', name }, true);
      connection.parse({ name, text, types: [] }, true);
    }
    messages.add({ name, values });
  }

  /** What is written to a connection that has ended would be an error of the stream. */
  function flush({ stream }: Connection): void {
    for (const part of messages.take()) if (stream.writable) stream.write(part);
  }

  return {
    rows: promise,

    /** Called by the driver, as all that follow. */
    submit(connection) {
      connection.stream.cork();
      for (const statement of statements) send(connection, statement);
      messages.sync();
      flush(connection);
      connection.stream.uncork();
    },
    handleDataRow({ fields }: { readonly fields: SqlRow }) {
      rows[answered]?.push(fields);
    },
    handleCommandComplete() {
      answered += 1;
    },
    handleEmptyQuery() {
      answered += 1;
    },
    /** Also where the commit fails, after all statements have succeeded. */
    handleError(error: unknown) {
      reject(error);
    },
    /** The transaction is committed. */
    handleReadyForQuery() {
      resolve(rows);
    },
  } as Batch;
}

import type { Duplex } from 'node:stream';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import { createBatch, type WireStatement } from './batch.ts';
import { kindOfCode, PostgresFault, type SqlRow, type Statement } from './client.ts';
import { createPreparedNames } from './prepared-names.ts';

/** Where the database is, and how to talk to it. */
export interface PostgresTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Null where the server asks for none. */
  readonly password: string | null;
  /** Null for a connection without TLS. */
  readonly tls: PostgresTls | null;
  /** False where the connections of the server change between transactions, and forget prepared statements. */
  readonly prepare: boolean;
  /** After so many milliseconds the server ends a statement. */
  readonly statementTimeoutMs: number;
  /** A socket that is not connected yet. Left out: that of the driver for this runtime. */
  readonly openSocket?: () => Duplex;
}

export interface PostgresTls {
  /** Whether the certificate of the server is verified, with its name. */
  readonly isVerified: boolean;
  /** The certificates that may sign it, as PEM. Null for those of the system. */
  readonly authorities: string | null;
}

/** A session of the server. What is asked for while others are under way waits for them. */
export interface Connection {
  /**
   * Runs statements in their order, in one transaction of their own. The rows of each of them. Rejects with a `PostgresFault`
   * of all: where it is not `unclear`, none was carried out.
   */
  runAll(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]>;
  /** As `runAll`, of one. */
  run(statement: Statement): Promise<readonly SqlRow[]>;
  /** The process of the server, as it named it at the beginning. Null where it did not. */
  readonly backendId: number | null;
  /** Settles when the statements under way are answered, and the session is closed. */
  end(): Promise<void>;
  /** Ends it at once. Statements under way reject as unclear. */
  destroy(): void;
  /** Called once when the connection can no longer be used. */
  onLost(listener: () => void): void;
}

const CONNECT_MILLISECONDS = 5_000;
/** The connection of the server has no statement with this name. */
const NOT_PREPARED = '26000';
/** Also where a column has another type since the statement was prepared. */
const OUTDATED = '0A000';

/** Opens a session. Rejects with a `PostgresFault` that says that nothing was carried out. */
export async function connectTo(target: PostgresTarget): Promise<Connection> {
  const client = new Client(configOf(target));
  const listeners: (() => void)[] = [];
  let isLost = false;

  function lose(): void {
    if (isLost) return;
    isLost = true;
    for (const listener of listeners) listener();
  }

  function destroy(): void {
    socketOf(client)?.destroy();
    lose();
  }

  // An idle connection that breaks says it here, and nobody waits for it.
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
  } catch (error) {
    const { message, kind, code } = faultOf(error);
    if (code === null && target.password === null && message.startsWith('SASL')) {
      throw new PostgresFault('The server asks for a password, and none is given', {
        kind: 'refused',
        code,
        cause: error,
      });
    }
    throw new PostgresFault(message, {
      kind: kind === 'unclear' ? 'passing' : kind,
      code,
      cause: error,
    });
  }
  const names = createPreparedNames();

  function wireOf({ text, values }: Statement): WireStatement {
    const { name, isNew } = target.prepare ? names.take(text) : { name: '', isNew: true };
    return { text, name, isNew, values };
  }

  async function runOnce(
    statements: readonly Statement[],
  ): Promise<readonly (readonly SqlRow[])[]> {
    const batch = createBatch(statements.map(wireOf));
    try {
      client.query(batch);
      return await batch.rows;
    } catch (error) {
      names.forget(statements);
      const fault = faultOf(error);
      // What was sent into a session that ends would be unclear, too.
      if (fault.kind === 'unclear') destroy();
      throw fault;
    }
  }

  async function runAll(statements: readonly Statement[]): Promise<readonly (readonly SqlRow[])[]> {
    try {
      return await runOnce(statements);
    } catch (error) {
      const code = error instanceof PostgresFault ? error.code : null;
      // A pooler has led the session to another connection of the server. It will again.
      if (code === NOT_PREPARED) names.stop();
      if (code !== NOT_PREPARED && code !== OUTDATED) throw error;
      return runOnce(statements);
    }
  }

  return {
    runAll,
    async run(statement) {
      const [rows = []] = await runAll([statement]);
      return rows;
    },
    backendId: backendIdOf(client),
    end: () => client.end(),
    destroy,
    onLost(listener) {
      if (isLost) listener();
      else listeners.push(listener);
    },
  };
}

function configOf(target: PostgresTarget): ClientConfig {
  const { host, port, database, user, password, tls, prepare, statementTimeoutMs } = target;
  const { openSocket: stream } = target;
  return {
    host,
    port,
    database,
    user,
    // Not undefined: the driver would look for one in the environment and in files.
    password: password ?? '',
    ssl: tls === null ? false : tlsOptions(tls),
    application_name: 'dalsegno',
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    keepAlive: true,
    // Poolers that change connections between transactions refuse settings of sessions.
    ...(prepare ? { statement_timeout: statementTimeoutMs } : {}),
    ...(stream === undefined ? {} : { stream }),
  };
}

function tlsOptions({ isVerified, authorities }: PostgresTls): Record<string, unknown> {
  return {
    rejectUnauthorized: isVerified,
    ...(authorities === null ? {} : { ca: authorities }),
  };
}

function backendIdOf(client: Client): number | null {
  const id: unknown = Reflect.get(client, 'processID');
  return typeof id === 'number' ? id : null;
}

/** The driver ends a connection only when the statements on it are answered. */
function socketOf(client: Client): { destroy(): void } | null {
  const connection: unknown = Reflect.get(client, 'connection');
  if (typeof connection !== 'object' || connection === null) return null;
  const stream: unknown = Reflect.get(connection, 'stream');
  return isSocket(stream) ? stream : null;
}

function isSocket(stream: unknown): stream is { destroy(): void } {
  return (
    typeof stream === 'object' &&
    stream !== null &&
    'destroy' in stream &&
    typeof stream.destroy === 'function'
  );
}

/** What the server has not answered is unclear. */
function faultOf(error: unknown): PostgresFault {
  if (error instanceof DatabaseError && error.code !== undefined) {
    const { code } = error;
    return new PostgresFault(error.message, { kind: kindOfCode(code), code, cause: error });
  }
  return new PostgresFault(messageOf(error), { kind: 'unclear', code: null, cause: error });
}

/** Where a name has several addresses, the failure of the first. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

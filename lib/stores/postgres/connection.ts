import { Buffer } from 'node:buffer';
import { Client, type ClientConfig, DatabaseError } from 'pg';
import { kindOfCode, PostgresFault, type SqlRow, type SqlValue, type Statement } from './client.ts';

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
}

export interface PostgresTls {
  /** Whether the certificate of the server is verified, with its name. */
  readonly isVerified: boolean;
  /** The certificates that may sign it, as PEM. Null for those of the system. */
  readonly authorities: string | null;
}

/** A session of the server. Statements may be sent before earlier ones are answered; each has a transaction of its own. */
export interface Connection {
  run(statement: Statement): Promise<readonly SqlRow[]>;
  /** Settles when the statements under way are answered, and the session is closed. */
  end(): Promise<void>;
  /** Ends it at once. Statements under way reject as unclear. */
  destroy(): void;
  /** Called once when the connection can no longer be used. */
  onLost(listener: () => void): void;
}

const CONNECT_MILLISECONDS = 5_000;
/** Columns as the server writes them. */
const AS_TEXT = { getTypeParser: () => (value: unknown) => value };

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

  // An idle connection that breaks says it here, and nobody waits for it.
  client.on('error', lose);
  client.on('end', lose);
  try {
    await client.connect();
  } catch (error) {
    const { message, kind, code } = faultOf(error);
    throw new PostgresFault(message, {
      kind: kind === 'unclear' ? 'passing' : kind,
      code,
      cause: error,
    });
  }
  const names = createNames();

  return {
    async run({ text, values }) {
      try {
        const { rows } = await client.query({
          text,
          values: values.map(asParameter),
          rowMode: 'array',
          types: AS_TEXT,
          ...(target.prepare ? { name: names.of(text) } : {}),
        });
        return rows;
      } catch (error) {
        throw faultOf(error);
      }
    },
    end: () => client.end(),
    destroy() {
      socketOf(client)?.destroy();
      lose();
    },
    onLost(listener) {
      if (isLost) listener();
      else listeners.push(listener);
    },
  };
}

function configOf(target: PostgresTarget): ClientConfig & { readonly pipeline: boolean } {
  const { host, port, database, user, password, tls, prepare, statementTimeoutMs } = target;
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
    pipeline: true,
    // Poolers that change connections between transactions refuse settings of sessions.
    ...(prepare ? { statement_timeout: statementTimeoutMs } : {}),
  };
}

function tlsOptions({ isVerified, authorities }: PostgresTls): Record<string, unknown> {
  return {
    rejectUnauthorized: isVerified,
    ...(authorities === null ? {} : { ca: authorities }),
  };
}

/** The names of prepared statements, by their text. There are as many as the store has texts. */
function createNames(): { of(text: string): string } {
  const names = new Map<string, string>();
  return {
    of(text) {
      const known = names.get(text);
      if (known !== undefined) return known;
      const name = `s${names.size}`;
      names.set(text, name);
      return name;
    },
  };
}

/** The driver sends only a `Buffer` as bytes. */
function asParameter(value: SqlValue): string | boolean | null | Buffer {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
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

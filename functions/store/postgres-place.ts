import * as z from 'zod';
import { isLoopback } from '../../lib/base/loopback.ts';
import { Count, Whole } from '../entry/settings.ts';

/** How the connection is protected: `disable` not at all, `require` without a look at the certificate. */
const SslMode = z.enum(['disable', 'require', 'verify-full']);

/** The parameters of the URL. Unknown ones are refused: a spelling mistake would turn something off. */
const Parameters = z.strictObject({
  sslmode: SslMode.optional(),
  sslrootcert: z.string().min(1).optional(),
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,50}$/, 'Expected lower case letters, digits and underscores')
    .regex(/^(?!pg_)/, 'Names that begin with pg_ are those of PostgreSQL')
    .default('dalsegno'),
  pool_size: Count.pipe(z.number().max(1000)).default(10),
  statement_timeout_ms: Whole.pipe(z.number().min(100).max(600_000)).default(10_000),
  prepare: z
    .enum(['true', 'false'])
    .default('true')
    .transform(text => text === 'true'),
});

export interface PostgresPlaceTls {
  readonly isVerified: boolean;
  /** The file of the certificates that may sign that of the server. Null for those of the system. */
  readonly authoritiesFile: string | null;
}

export interface PostgresPlace {
  readonly kind: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  /** Null where the connection is not encrypted. */
  readonly tls: PostgresPlaceTls | null;
  readonly schema: string;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  /** Whether statements are prepared: not behind a pooler that changes connections between transactions. */
  readonly prepare: boolean;
}

/**
 * `postgres://user:password@host:port/database?parameters`. Off loopback the connection is encrypted and the certificate
 * verified where nothing else is said. No issue repeats the URL.
 */
export function readPostgresPlace(url: URL, context: z.RefinementCtx): PostgresPlace | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const user = decoded(url.username);
  const password = decoded(url.password);
  const database = decoded(url.pathname.slice(1));
  if (host === '') context.addIssue('A PostgreSQL URL names a host');
  if (host.includes(',')) context.addIssue('A PostgreSQL URL names one host');
  if (host.includes('%'))
    context.addIssue('A PostgreSQL URL names a host, not a socket of the machine');
  if (url.hash !== '') context.addIssue('A # in a PostgreSQL URL is written as %23');
  for (const name of repeatedIn(url.searchParams)) context.addIssue(`${name} is given twice`);
  if (user === '' || user === null) context.addIssue('A PostgreSQL URL names a user');
  if (password === null) context.addIssue('The password is not encoded as in a URL');
  if (database === null || database.includes('/')) {
    context.addIssue('The path of a PostgreSQL URL is the name of a database');
  }
  const parsed = Parameters.safeParse(Object.fromEntries(url.searchParams));
  for (const { path, message } of parsed.error?.issues ?? []) {
    context.addIssue(path.length === 0 ? message : `${path.join('.')}: ${message}`);
  }
  if (!parsed.success || host === '' || user === '') return null;
  if (user === null || password === null) return null;
  if (database === null || database.includes('/')) return null;
  const { sslmode, sslrootcert = null, schema, pool_size, prepare } = parsed.data;
  const mode = sslmode ?? (isLoopback(host) ? 'disable' : 'verify-full');
  return {
    kind: 'postgres',
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user,
    password: password === '' ? null : password,
    database: database === '' ? user : database,
    tls:
      mode === 'disable'
        ? null
        : { isVerified: mode === 'verify-full', authoritiesFile: sslrootcert },
    schema,
    poolSize: pool_size,
    statementTimeoutMs: parsed.data.statement_timeout_ms,
    prepare,
  };
}

function repeatedIn(parameters: URLSearchParams): ReadonlySet<string> {
  const names = [...parameters.keys()];
  return new Set(names.filter((name, index) => names.indexOf(name) < index));
}

/** Null for a part with a wrong percent sign or a NUL, which ends texts of the server. */
function decoded(part: string): string | null {
  try {
    const text = decodeURIComponent(part);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

import type { PostgresTarget } from '../../../lib/stores/postgres/connection.ts';

/** A database without encryption, for statements of any length. */
export function benchTarget(url: string): PostgresTarget {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: username,
    password: password === '' ? null : password,
    tls: null,
    prepare: false,
    statementTimeoutMs: 0,
  };
}

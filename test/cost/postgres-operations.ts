import type { Markers } from '../conformance/marked-section.ts';

/** What a request asks of a PostgreSQL server. */
export interface PostgresSpending {
  /** Those that come at one moment share a transaction. */
  readonly statements: number;
  /** Those of them whose answer waits until the log is on the disk. */
  readonly synced: number;
}

/** As counted at the client: `test/stores/postgres/statements.test.ts` holds the service to each of these. */
export const POSTGRES_OPERATIONS = {
  create: { statements: 1, synced: 1 },
  load: { statements: 1, synced: 0 },
  'list of 50 jobs among 100': { statements: 1, synced: 0 },
  'list of 50 running jobs among 100': { statements: 2, synced: 0 },
  statistics: { statements: 7, synced: 0 },
  acquire: { statements: 2, synced: 1 },
  claim: { statements: 2, synced: 1 },
  'the next claim': { statements: 1, synced: 1 },
  'claim where none waits': { statements: 1, synced: 0 },
  heartbeat: { statements: 2, synced: 1 },
  'update completed': { statements: 1, synced: 1 },
  'update of the last sheet': { statements: 1, synced: 1 },
  release: { statements: 2, synced: 1 },
} as const satisfies Record<string, PostgresSpending>;

/**
 * The bytes that the statements of a request add to the log of the server, of a job of some three sheets, without whole pages and without the
 * records of commits, 34 bytes each. As `EXPLAIN (ANALYZE, WAL)` counts them: `test/stores/postgres/log.test.ts` holds the service to these, about.
 * Requests that are not here write nothing, but for the records of pages that a read has cleaned up.
 */
export const POSTGRES_LOG_BYTES: Partial<Record<PostgresRequestName, number>> = {
  create: 3200,
  acquire: 2100,
  claim: 2000,
  heartbeat: 530,
  'update completed': 2700,
  'update of the last sheet': 2700,
  release: 2600,
};

export type PostgresRequestName = keyof typeof POSTGRES_OPERATIONS;

export const POSTGRES_COST_MARKERS: Markers = {
  begin: '<!-- postgres-cost:begin -->',
  end: '<!-- postgres-cost:end -->',
};

/** What stands between them. */
export function postgresCostTable(): string {
  return [
    '| a request | statements | of them wait for the disk | bytes of log |',
    '|---|---|---|---|',
    ...Object.entries(POSTGRES_OPERATIONS).map(([name, { statements, synced }]) => {
      const bytes = POSTGRES_LOG_BYTES[name as PostgresRequestName] ?? 0;
      return `| ${name} | ${statements} | ${synced} | ${bytes} |`;
    }),
  ].join('\n');
}

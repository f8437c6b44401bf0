import type { Finding } from '../../store.ts';
import { columnIn, type PostgresClient, type SqlRow } from './client.ts';
import type { Session } from './session.ts';
import type { Tables } from './tables.ts';

/** Beyond it, two services that each agree with the server may differ by a tenth of the default ttl. */
const CLOCK_MS = 3_000;

/** What is asked for, in one statement, in the order of `Answer`. */
const ASKED = [
  `current_setting('server_version')`,
  'pg_is_in_recovery()',
  `current_setting('transaction_read_only')`,
  `current_setting('fsync')`,
  `current_setting('full_page_writes')`,
  `current_setting('synchronous_commit')`,
  `current_setting('synchronous_standby_names')`,
  `current_setting('autovacuum')`,
  `current_setting('statement_timeout')`,
  'pg_backend_pid()',
  `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`,
];

export interface InspectionParts {
  readonly session: Session;
  readonly client: Pick<PostgresClient, 'backendIds'>;
  readonly tables: Tables;
  /** Milliseconds since 1970, by the clock of this machine. */
  readonly now: () => number;
}

/**
 * What the server says of itself, as far as the promises of the store depend on it. The server has no setting that would make
 * compare-and-swap wrong, so leases depend on none of these.
 */
export async function inspectServer(parts: InspectionParts): Promise<readonly Finding[]> {
  const { session, client, tables, now } = parts;
  const attempt = 'ask the server for its settings';
  const before = now();
  const [row] = await session.run(attempt, { text: `SELECT ${ASKED.join(', ')}`, values: [] });
  const after = now();
  const rights = await session.run(attempt, { text: rightsText(), values: tables.all });
  const settings = settingsIn(row);
  return [
    { name: 'server version', ok: true, detail: `PostgreSQL ${settings.version}` },
    primary(settings),
    switchedOn('fsync', settings.fsync, 'a crash of its machine may destroy the database'),
    switchedOn(
      'full_page_writes',
      settings.fullPageWrites,
      'a crash of its machine may leave torn pages',
    ),
    commits(settings),
    switchedOn('autovacuum', settings.autovacuum, 'leases and hints leave dead rows behind'),
    statementTimeout(settings),
    pooler(settings, client.backendIds()),
    privileges(rights),
    clock(settings.clockMs, { before, after }),
  ];
}

function settingsIn(row: SqlRow | undefined) {
  const [version, recovery, readOnly, fsync, fullPageWrites, commit, standbys, autovacuum] =
    ASKED.map((_, index) => columnIn(row, index) ?? '');
  return {
    version: version ?? '',
    isStandby: recovery === 't',
    isReadOnly: readOnly === 'on',
    fsync: fsync ?? '',
    fullPageWrites: fullPageWrites ?? '',
    commit: commit ?? '',
    standbys: standbys ?? '',
    autovacuum: autovacuum ?? '',
    statementTimeout: columnIn(row, 8) ?? '',
    backendId: Number(columnIn(row, 9)),
    clockMs: Number(columnIn(row, 10)),
  };
}

type Settings = ReturnType<typeof settingsIn>;

function primary({ isStandby, isReadOnly }: Settings): Finding {
  const name = 'primary';
  if (isStandby) return { name, ok: false, detail: 'The server is a standby, which only reads' };
  if (isReadOnly) {
    return { name, ok: false, detail: 'Transactions of this role or database only read' };
  }
  return { name, ok: true, detail: 'The server writes' };
}

function switchedOn(name: string, value: string, otherwise: string): Finding {
  return value === 'on'
    ? { name, ok: true, detail: 'on' }
    : { name, ok: false, detail: `${value}: ${otherwise}` };
}

function commits({ commit, standbys }: Settings): Finding {
  const name = 'synchronous_commit';
  if (commit === 'off') {
    return { name, ok: false, detail: 'off: a crash of the server takes away acknowledged writes' };
  }
  const waits =
    standbys === '' || commit === 'local'
      ? 'commits wait for no standby, so a failover may lose acknowledged writes'
      : `commits wait for ${standbys}`;
  return { name, ok: true, detail: `${commit}; ${waits}` };
}

function statementTimeout({ statementTimeout: value }: Settings): Finding {
  const name = 'statement_timeout';
  if (value !== '0') return { name, ok: true, detail: value };
  return {
    name,
    ok: false,
    detail: 'The server ends no statement: set it for the role, as it is not set behind a pooler',
  };
}

/** A pooler gives ids of its own to its sessions. */
function pooler({ backendId }: Settings, backendIds: readonly number[]): Finding {
  const name = 'pooler';
  if (backendIds.includes(backendId)) return { name, ok: true, detail: 'none' };
  return {
    name,
    ok: true,
    detail:
      'The sessions are those of a pooler. In transaction mode use prepare=false, unless it keeps prepared statements',
  };
}

/** The tables, as parameters. */
function rightsText(): string {
  const rights = `CASE WHEN name LIKE '%"state"' THEN 'SELECT,UPDATE' ELSE 'SELECT,INSERT,UPDATE,DELETE' END`;
  return `SELECT name, needed FROM unnest(ARRAY[$1,$2,$3,$4,$5]) AS name, unnest(string_to_array(${rights}, ',')) AS needed
    WHERE NOT has_table_privilege(name, needed) ORDER BY 1, 2`;
}

function privileges(missing: readonly SqlRow[]): Finding {
  const name = 'privileges';
  if (missing.length === 0) return { name, ok: true, detail: 'all that are needed' };
  const texts = missing.map(row => `${columnIn(row, 1)} on ${columnIn(row, 0)}`);
  return { name, ok: false, detail: `Missing: ${texts.join(', ')}` };
}

/** The server looked at its clock between these moments. */
function clock(serverMs: number, { before, after }: { before: number; after: number }): Finding {
  const name = 'clock';
  const aheadMs = Math.max(0, before - serverMs) + Math.min(0, after - serverMs);
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= CLOCK_MS) {
    return { name, ok: true, detail: `Within ${CLOCK_MS / 1000} s of the server` };
  }
  const side = aheadMs > 0 ? 'ahead of' : 'behind';
  return {
    name,
    ok: false,
    detail: `This machine is ${seconds} s ${side} the server: leases end too early or too late where the clocks of services differ`,
  };
}

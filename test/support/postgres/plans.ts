import type { PostgresClient, Statement } from '../../../lib/stores/postgres/client.ts';
import type { Connection } from '../../../lib/stores/postgres/connection.ts';

/** A client that remembers what was asked of it. */
export interface RecordingClient extends PostgresClient {
  /** What was asked since the last call. */
  take(): readonly Statement[];
}

export function recordingClient(client: PostgresClient): RecordingClient {
  const asked: Statement[] = [];
  return {
    ...client,
    run(statement) {
      asked.push(statement);
      return client.run(statement);
    },
    take: () => asked.splice(0),
    close: async () => {},
  };
}

/** What the server did for a statement. */
export interface PlanFacts {
  /** The nodes that read a table or an index, such as `Index Scan listed_by_place`. */
  readonly scans: readonly string[];
  /** The rows and entries that these read, with those that did not match. */
  readonly rows: number;
  /** The pages of 8 KB that it looked at, in memory or not. */
  readonly pages: number;
  readonly milliseconds: number;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Heap Fetches'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

/** Carries the statement out in a transaction that is rolled back. Nothing else may use the connection. */
export async function explain(connection: Connection, statement: Statement): Promise<PlanFacts> {
  const rows = await inVain(connection, {
    text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement.text}`,
    values: statement.values,
  });
  const [{ Plan: plan, 'Execution Time': milliseconds }] = JSON.parse(rows.join('')) as [
    { Plan: PlanNode; 'Execution Time': number },
  ];
  const nodes = [...nodesOf(plan)];
  const scans = nodes.filter(isScan);
  return {
    scans: scans.map(node =>
      [node['Node Type'], node['Index Name'] ?? node['Relation Name']].join(' '),
    ),
    rows: scans.reduce((sum, node) => sum + rowsOf(node), 0),
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    milliseconds,
  };
}

/** As people read it. */
export async function planText(connection: Connection, statement: Statement): Promise<string> {
  const text = `EXPLAIN (ANALYZE, BUFFERS) ${statement.text}`;
  return (await inVain(connection, { text, values: statement.values })).join('\n');
}

async function inVain(connection: Connection, statement: Statement): Promise<string[]> {
  await connection.run({ text: 'BEGIN', values: [] });
  try {
    return (await connection.run(statement)).map(([line]) => line ?? '');
  } finally {
    await connection.run({ text: 'ROLLBACK', values: [] });
  }
}

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

function isScan(node: PlanNode): boolean {
  return (
    node['Index Name'] !== undefined ||
    (node['Node Type'].endsWith(' Scan') && node['Relation Name'] !== undefined)
  );
}

function rowsOf(node: PlanNode): number {
  const removed =
    (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return (node['Actual Rows'] + removed) * node['Actual Loops'];
}

/** The bytes that a statement adds to the log, without whole pages. It is carried out in transactions that are rolled back. */
export async function logBytesOf(connection: Connection, statement: Statement): Promise<number> {
  const text = `EXPLAIN (ANALYZE, WAL, FORMAT JSON) ${statement.text}`;
  for (;;) {
    const rows = await inVain(connection, { text, values: statement.values });
    const [{ Plan: plan }] = JSON.parse(rows.join('')) as [{ Plan: Record<string, number> }];
    // After a checkpoint the first change of a page logs all of it, and only the first.
    if (plan['WAL FPI'] === 0) return plan['WAL Bytes'] ?? 0;
  }
}

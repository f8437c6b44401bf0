/** A parameter of a statement. Bytes go over the wire as they are, everything else as text. */
export type SqlValue = string | boolean | null | Uint8Array;

/** The columns of a row, each as text. */
export type SqlRow = readonly (string | null)[];

/** Of parameters or columns. Texts count as one byte a character. */
export function bytesIn(values: readonly SqlValue[]): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value === 'string' || value instanceof Uint8Array) sum += value.length;
  }
  return sum;
}

/** Null also where there is no such row or column. */
export function columnIn(row: SqlRow | undefined, index: number): string | null {
  return row?.[index] ?? null;
}

export function textIn(row: SqlRow | undefined, index: number): string {
  const text = columnIn(row, index);
  if (text === null) throw new TypeError('A row has no such column');
  return text;
}

export interface Statement {
  /** With `$1` and so on for the values. Statements of one text are prepared once on each connection. */
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** Those of one kind may run in one transaction with others that are asked for at the same moment. Left out: alone. */
  readonly shared?: SharedWith;
}

/** Statements that read, that write without waiting for the disk, and that wait for it. */
export interface SharedWith {
  readonly kind: 'read' | 'ordered' | 'durable';
  /** The row that it writes. Transactions take the locks of rows in this order. Null for one that writes none. */
  readonly row: string | null;
}

export const READS: SharedWith = { kind: 'read', row: null };

/** What the store needs of a PostgreSQL database. */
export interface PostgresClient {
  /** Runs a statement in a transaction, and answers when it is committed. Rejects with a `PostgresFault`. */
  run(statement: Statement): Promise<readonly SqlRow[]>;
  /** The processes of the server that serve its sessions, as it named them when they were opened. */
  backendIds(): readonly number[];
  /** Ends all connections. Statements that are under way are answered first. */
  close(): Promise<void>;
}

/**
 * - `refused`: the statement was not carried out, and would not be in another try.
 * - `passing`: it was not carried out, and may be in another try.
 * - `unclear`: nothing says whether it was carried out.
 */
export type FaultKind = 'refused' | 'passing' | 'unclear';

/** Why a statement has no answer. */
export class PostgresFault extends Error {
  override readonly name = 'PostgresFault';
  readonly kind: FaultKind;
  /** The SQLSTATE of the server. Null where it has not answered. */
  readonly code: string | null;

  constructor(
    message: string,
    { kind, code, cause }: { kind: FaultKind; code: string | null; cause?: unknown },
  ) {
    super(message, { cause });
    this.kind = kind;
    this.code = code;
  }
}

/** Of a standby, before it takes over, or of a role that may not write for a while. */
export const READ_ONLY = '25006';

/** The end of a session, or of the server: the statement may have been carried out before. */
const ENDED = /^(?:57P0[1245]|08|40003)/;
/**
 * Conflicts between transactions, a server that starts or has no room for more connections or memory. Another try may succeed. A
 * full disk is not among them: nobody makes room within seconds.
 */
const PASSING = /^(?:40001|40P01|55P03|57P03|53(?!100)|25006)/;

/** What an answer of the server with this SQLSTATE means. */
export function kindOfCode(code: string): FaultKind {
  if (ENDED.test(code)) return 'unclear';
  return PASSING.test(code) ? 'passing' : 'refused';
}

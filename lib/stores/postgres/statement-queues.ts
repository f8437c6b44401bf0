import { bytesIn, type SharedWith, type SqlRow, type Statement } from './client.ts';

/** A statement that is not sent yet. */
export interface Waiting {
  readonly statement: Statement;
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: unknown) => void;
  /** Whether it has a transaction of its own. */
  readonly isAlone: boolean;
}

/** Statements of one kind, in the order in which they were asked for. */
export interface Queue {
  /** Whether some wait, and no more transactions are under way than are of use to them. */
  maySend(): boolean;
  /** Those of the next transaction, in the order in which it takes locks. */
  take(): readonly Waiting[];
  /** A transaction of these is under way. The returned function says that it no longer counts, and may be called twice. */
  begin(batch: readonly Waiting[]): () => void;
  /** Each of them is the next to be sent, on its own. */
  giveBack(batch: readonly Waiting[]): void;
}

export interface Queues {
  readonly all: readonly Queue[];
  /** Resolves with the rows once the transaction is committed. */
  add(statement: Statement): Promise<readonly SqlRow[]>;
  /** How many wait. */
  waiting(): number;
  /** Those that wait, which then wait no longer. */
  takeAll(): readonly Waiting[];
}

/** One syncs the disk, and the next one is sent meanwhile. With more each would have fewer statements. */
const MOST_UNDER_WAY = 2;
const MOST_STATEMENTS = 64;
const MOST_BYTES = 512 * 1024;
/** So many sessions are left to the statements that share. */
const LEFT_SESSIONS = 3;

export function createQueues(sessions: number): Queues {
  const queues = {
    read: createQueue(MOST_UNDER_WAY),
    ordered: createQueue(MOST_UNDER_WAY),
    durable: createQueue(MOST_UNDER_WAY),
    alone: createQueue(Math.max(1, sessions - LEFT_SESSIONS)),
  };
  const all = Object.values(queues);

  return {
    all,
    add(statement) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly SqlRow[]>();
      const { shared } = statement;
      const queue = queues[shared?.kind ?? 'alone'];
      queue.waiting.push({ statement, resolve, reject, isAlone: shared === undefined });
      return promise;
    },
    waiting: () => all.reduce((sum, { waiting }) => sum + waiting.length, 0),
    takeAll: () => all.flatMap(({ waiting }) => waiting.splice(0)),
  };
}

function createQueue(mostUnderWay: number): Queue & { readonly waiting: Waiting[] } {
  const waiting: Waiting[] = [];
  const underWay = new Set<{ readonly statements: number }>();

  /**
   * Another transaction beside one that is under way has at least as many statements. Of few that come while many are under way, each
   * would pay for a transaction of its own, and be answered hardly sooner than by the next one.
   */
  function isWorthAnother(): boolean {
    if (waiting[0]?.isAlone === true) return true;
    for (const { statements } of underWay) {
      if (waiting.length < Math.min(statements, MOST_STATEMENTS)) return false;
    }
    return true;
  }

  return {
    waiting,
    maySend: () => waiting.length > 0 && underWay.size < mostUnderWay && isWorthAnother(),

    take() {
      let count = 0;
      let bytes = 0;
      for (const { statement, isAlone } of waiting) {
        if (count > 0 && (isAlone || count >= MOST_STATEMENTS || bytes > MOST_BYTES)) break;
        count += 1;
        if (isAlone) break;
        bytes += bytesIn(statement.values);
      }
      return waiting.splice(0, count).toSorted(byRow);
    },

    begin(batch) {
      const transaction = { statements: batch.length };
      underWay.add(transaction);
      return () => void underWay.delete(transaction);
    },

    giveBack(batch) {
      waiting.unshift(...batch.map(one => ({ ...one, isAlone: true })));
    },
  };
}

/** Transactions that take the locks of rows in one order do not wait for each other in a circle. */
function byRow({ statement: left }: Waiting, { statement: right }: Waiting): number {
  const [a, b] = [rowOf(left.shared), rowOf(right.shared)];
  return a < b ? -1 : Number(a > b);
}

function rowOf(shared: SharedWith | undefined): string {
  return shared?.row ?? '';
}

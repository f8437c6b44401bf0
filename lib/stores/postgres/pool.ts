import { type PostgresClient, PostgresFault, type SqlRow, type Statement } from './client.ts';
import type { Connection } from './connection.ts';

export interface PoolOptions {
  /** Opens a session. Rejects with a `PostgresFault`. */
  readonly connect: () => Promise<Connection>;
  /** The most sessions at once. */
  readonly size: number;
  /** A statement without an answer for so many milliseconds ends its session. */
  readonly answerTimeoutMs: number;
  readonly timers: PoolTimers;
}

/** Steady time and timers. */
export interface PoolTimers {
  elapsedMs(): number;
  /** Calls after so many milliseconds. The returned function cancels that. */
  after(ms: number, call: () => void): () => void;
}

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Session {
  readonly connection: Connection;
  underWay: number;
}

/** So many statements of one session wait for each other at most. Commits of one session cannot share a sync of the disk. */
const MOST_UNDER_WAY = 4;
/** After a session could not be opened, while others serve. */
const REOPEN_MS = 1_000;

/**
 * Sends each statement on the session with the fewest others, and opens another one where all are busy. What finds no room
 * waits in order.
 */
export function createPool(options: PoolOptions): PostgresClient {
  const { connect, size, answerTimeoutMs, timers } = options;
  const sessions = new Set<Session>();
  const waiting: Waiting[] = [];
  let opening = 0;
  let reopenAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;

  function leastBusy(): Session | null {
    let best: Session | null = null;
    for (const session of sessions) {
      if (session.underWay === 0) return session;
      if (best === null || session.underWay < best.underWay) best = session;
    }
    return best;
  }

  function serve(): void {
    while (waiting.length > 0) {
      const session = leastBusy();
      if (session === null || session.underWay > 0) openOne();
      if (session === null || session.underWay >= MOST_UNDER_WAY) return;
      const next = waiting.shift();
      if (next !== undefined) void send(session, next);
    }
  }

  /** Where more wait than sessions are being opened. */
  function openOne(): void {
    if (isClosed || sessions.size + opening >= size || opening >= waiting.length) return;
    if (sessions.size > 0 && timers.elapsedMs() < reopenAtMs) return;
    opening += 1;
    void open();
  }

  async function open(): Promise<void> {
    try {
      const connection = await connect();
      const session: Session = { connection, underWay: 0 };
      sessions.add(session);
      connection.onLost(() => {
        sessions.delete(session);
        serve();
      });
    } catch (error) {
      reopenAtMs = timers.elapsedMs() + REOPEN_MS;
      // Those that serve go on.
      if (sessions.size === 0 && opening === 1) {
        for (const { reject } of waiting.splice(0)) reject(error);
      }
    } finally {
      opening -= 1;
    }
    serve();
  }

  async function send(session: Session, { statement, resolve, reject }: Waiting): Promise<void> {
    session.underWay += 1;
    const cancel = timers.after(answerTimeoutMs, () => session.connection.destroy());
    try {
      resolve(await session.connection.run(statement));
    } catch (error) {
      reject(error);
    } finally {
      cancel();
      session.underWay -= 1;
    }
    serve();
  }

  return {
    run(statement) {
      if (isClosed) return Promise.reject(closedFault());
      const { promise, resolve, reject } = Promise.withResolvers<readonly SqlRow[]>();
      waiting.push({ statement, resolve, reject });
      serve();
      return promise;
    },

    async close() {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(closedFault());
      await Promise.all([...sessions].map(({ connection }) => connection.end()));
      sessions.clear();
    },
  };
}

function closedFault(): PostgresFault {
  return new PostgresFault('The store is closed', { kind: 'refused', code: null });
}

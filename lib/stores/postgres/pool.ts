import { type PostgresClient, PostgresFault, READ_ONLY, type Statement } from './client.ts';
import type { Connection } from './connection.ts';
import { createQueues, type Queue, type Waiting } from './statement-queues.ts';

export interface PoolOptions {
  /** Opens a session. Rejects with a `PostgresFault`. */
  readonly connect: () => Promise<Connection>;
  /** The most sessions at once. */
  readonly size: number;
  /** A transaction without an answer for so many milliseconds ends its session. */
  readonly answerTimeoutMs: number;
  readonly timers: PoolTimers;
  /** Left out: sessions are kept as long as they are open. */
  readonly idle?: IdleLimit;
}

/** How long a session may wait for its next transaction: while a process sleeps, the network forgets its connections. */
export interface IdleLimit {
  readonly longestMs: number;
  /** Milliseconds since 1970. Steady clocks may stand still while a process sleeps. */
  readonly now: () => number;
}

/** Steady time and timers. */
export interface PoolTimers {
  elapsedMs(): number;
  /** Calls after so many milliseconds. The returned function cancels that. */
  after(ms: number, call: () => void): () => void;
}

/** A transaction that takes longer no longer holds up others of its queue: it waits for a lock, or for a slow disk. */
const SLOW_MS = 25;
/** After a session could not be opened, while others serve, or after all were replaced. */
const REOPEN_MS = 1_000;

/**
 * Sends statements that may share a transaction together: all that came while the one before was under way. So under load each sync
 * of the disk, and each message, serves many. What finds no session waits in order.
 */
export function createPool(options: PoolOptions): PostgresClient {
  const { connect, size, answerTimeoutMs, timers, idle: limit } = options;
  /** With the time at which each was opened. */
  const sessions = new Map<Connection, number>();
  const idle: { readonly session: Connection; readonly sinceMs: number }[] = [];
  const queues = createQueues(size);
  let opening = 0;
  let reopenAtMs = Number.NEGATIVE_INFINITY;
  /** Sessions that were opened before are replaced. */
  let replacedAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let isPlanned = false;

  /** After the input that this turn has: what comes in one turn goes together. */
  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(() => {
      isPlanned = false;
      serve();
    });
  }

  function serve(): void {
    for (const queue of queues.all) {
      while (queue.maySend()) {
        const session = takeIdle();
        if (session === undefined) {
          openOne();
          return;
        }
        void send(session, queue);
      }
    }
  }

  function rest(session: Connection): void {
    idle.push({ session, sinceMs: limit?.now() ?? 0 });
  }

  /** Undefined where all are to be replaced. */
  function takeIdle(): Connection | undefined {
    for (;;) {
      const last = idle.pop();
      if (last === undefined) return undefined;
      const { session, sinceMs } = last;
      const isTooLong = limit !== undefined && Math.abs(limit.now() - sinceMs) > limit.longestMs;
      const isReplaced = (sessions.get(session) ?? replacedAtMs) < replacedAtMs;
      if (!isTooLong && !isReplaced) return session;
      session.destroy();
    }
  }

  /**
   * A session keeps the settings of its beginning, so it may refuse writes when others no longer do: a role was read-only for a while,
   * or the address of the server leads to another one now. A server that only reads is not asked for more than this.
   */
  function replaceAll(): void {
    const nowMs = timers.elapsedMs();
    if (nowMs - replacedAtMs >= REOPEN_MS) replacedAtMs = nowMs;
  }

  function openOne(): void {
    if (isClosed || sessions.size + opening >= size || opening >= queues.waiting()) return;
    if (sessions.size > 0 && timers.elapsedMs() < reopenAtMs) return;
    opening += 1;
    void open();
  }

  async function open(): Promise<void> {
    try {
      const session = await connect();
      if (isClosed) {
        // Left open, it would keep the process from ending.
        await session.end();
        return;
      }
      sessions.set(session, timers.elapsedMs());
      rest(session);
      session.onLost(() => {
        sessions.delete(session);
        const index = idle.findIndex(one => one.session === session);
        if (index >= 0) idle.splice(index, 1);
        plan();
      });
    } catch (error) {
      reopenAtMs = timers.elapsedMs() + REOPEN_MS;
      // Those that serve go on.
      if (sessions.size === 0 && opening === 1) {
        for (const { reject } of queues.takeAll()) reject(error);
      }
    } finally {
      opening -= 1;
    }
    plan();
  }

  async function send(session: Connection, queue: Queue): Promise<void> {
    const batch = queue.take();
    const finish = queue.begin(batch);
    const cancels = [
      timers.after(SLOW_MS, () => {
        finish();
        plan();
      }),
      timers.after(answerTimeoutMs, () => session.destroy()),
    ];
    try {
      const rows = await session.runAll(batch.map(({ statement }) => statement));
      for (const [index, { resolve }] of batch.entries()) resolve(rows[index] ?? []);
    } catch (error) {
      if (error instanceof PostgresFault && error.code === READ_ONLY) replaceAll();
      fail(batch, { queue, error });
    } finally {
      for (const cancel of cancels) cancel();
      finish();
      if (sessions.has(session)) rest(session);
    }
    plan();
  }

  /** Where none was carried out, each is tried on its own: only one of them failed. */
  function fail(
    batch: readonly Waiting[],
    { queue, error }: { queue: Queue; error: unknown },
  ): void {
    const isRolledBack = error instanceof PostgresFault && error.kind !== 'unclear';
    if (batch.length > 1 && isRolledBack && !isClosed) queue.giveBack(batch);
    else for (const { reject } of batch) reject(error);
  }

  return {
    run(statement: Statement) {
      if (isClosed) return Promise.reject(closedFault());
      const answer = queues.add(statement);
      plan();
      return answer;
    },

    backendIds: () =>
      [...sessions.keys()].map(({ backendId }) => backendId).filter(id => id !== null),

    async close() {
      isClosed = true;
      for (const { reject } of queues.takeAll()) reject(closedFault());
      await Promise.all([...sessions.keys()].map(session => session.end()));
      sessions.clear();
    },
  };
}

function closedFault(): PostgresFault {
  return new PostgresFault('The store is closed', { kind: 'refused', code: null });
}

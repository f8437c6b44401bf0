import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Connection } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';

const STATEMENT = { text: 'SELECT 1', values: [] };

/** A session that answers at once, and says when it is ended. */
function openSession(ended: () => void): Connection {
  return {
    runAll: async statements => statements.map(() => []),
    run: async () => [],
    backendId: null,
    async end() {
      ended();
    },
    destroy() {},
    onLost() {},
  };
}

it('close() ends a session that opens only then: it would keep the process from ending', async () => {
  const opening: ((session: Connection) => void)[] = [];
  let ended = 0;
  const session = openSession(() => {
    ended += 1;
  });
  const pool = createPool({
    connect: () => new Promise(resolve => opening.push(resolve)),
    size: 2,
    answerTimeoutMs: 1_000,
    timers: { elapsedMs: () => 0, after: () => () => {} },
  });
  const first = pool.run(STATEMENT);
  await turn();
  const second = pool.run(STATEMENT);
  await turn();
  opening[0]?.(session);
  await Promise.all([first, second]);
  expect(opening).toHaveLength(2);
  await pool.close();
  opening[1]?.(session);
  await turn();
  expect(ended).toBe(2);
});

/** A pool of one session, whose clock a test moves. */
function idlePool(longestMs: number) {
  const state = { now: 1_000_000, opened: 0, destroyed: 0 };
  const pool = createPool({
    async connect() {
      state.opened += 1;
      let lost = (): void => {};
      return {
        ...openSession(() => {}),
        destroy() {
          state.destroyed += 1;
          lost();
        },
        onLost(listener) {
          lost = listener;
        },
      };
    },
    size: 1,
    answerTimeoutMs: 1_000,
    timers: { elapsedMs: () => 0, after: () => () => {} },
    idle: { longestMs, now: () => state.now },
  });
  return { pool, state };
}

it.each([
  ['replaces a session that was idle for too long', 30_001, 2, 1],
  ['keeps a session that was not', 30_000, 1, 0],
  ['replaces a session after the clock went back by more', -60_000, 2, 1],
])('run() %s', async (_, passedMs, opened, destroyed) => {
  const { pool, state } = idlePool(30_000);
  await pool.run(STATEMENT);
  await turn();
  state.now += passedMs;
  await pool.run(STATEMENT);
  expect(state).toMatchObject({ opened, destroyed });
  await pool.close();
});

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

import { Socket } from 'node:net';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { systemTimers } from '../../../lib/base/timers.ts';
import { SHARD_LAYOUT } from '../../../lib/storage/shard-layout.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { createPostgresMemory, createPostgresStore } from '../../../lib/stores/postgres.ts';
import type { ChosenStore, HyperdriveLike } from '../bindings.ts';
import { throughHyperdrive } from './client.ts';

/** A Worker has six connections at once. Half of them serve statements that are alone, as all are here. */
const SESSIONS = 6;
/** Without an answer for so long a session is given up. The settings of the role may end a statement before. */
const ANSWER_MS = 15_000;
/** Digits of 80 bits. */
const ID_DIGITS = 20;

/**
 * PostgreSQL behind this binding. Calls may not use each other's sockets, so each has a store with connections of its own. They end
 * with the call, and Hyperdrive keeps those to the database.
 */
export function chooseHyperdrive(binding: HyperdriveLike): ChosenStore {
  const memory = createPostgresMemory();
  const { host, port, user, password, database } = binding;
  const target = {
    host,
    port,
    user,
    password,
    database,
    // Hyperdrive is on the same machine. It encrypts the way to the database.
    tls: null,
    prepare: false,
    statementTimeoutMs: ANSWER_MS,
    openSocket: () => new Socket(),
  };
  const pool = (size: number) =>
    createPool({
      connect: () => connectTo(target),
      size,
      answerTimeoutMs: ANSWER_MS,
      timers: systemTimers,
    });

  return {
    name: 'postgres',
    bucket: null,
    reason: 'HYPERDRIVE is bound',
    open() {
      const { client, spending } = throughHyperdrive(pool(SESSIONS));
      const store = createPostgresStore({
        client,
        openAnother: () => throughHyperdrive(pool(SESSIONS)).client,
        layout: SHARD_LAYOUT,
        memory,
        mintId: () => systemRandom.id().slice(0, ID_DIGITS),
        elapsedMs: () => systemTimers.elapsedMs(),
        now: () => systemClock.millis(),
      });
      return { store, spending, tidy: () => store.forgetDeletions() };
    },
  };
}

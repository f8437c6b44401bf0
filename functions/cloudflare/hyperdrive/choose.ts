import { Socket } from 'node:net';
import { systemTimers } from '../../../lib/base/timers.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { createPostgresMemory, createPostgresStore } from '../../../lib/stores/postgres.ts';
import { POSTGRES_PARTS } from '../../store/postgres-parts.ts';
import type { ChosenStore, HyperdriveLike } from '../bindings.ts';
import { throughHyperdrive } from './client.ts';

/** A Worker has six connections at once. Half of them serve statements that are alone, as all are here. */
const SESSIONS = 6;
/** Without an answer for so long a session is given up. The settings of the role may end a statement before. */
const ANSWER_MS = 15_000;

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
        ...POSTGRES_PARTS,
        memory,
      });
      return { store, spending, tidy: () => store.forgetDeletions() };
    },
  };
}

import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemTimers } from '../../../lib/base/timers.ts';
import { ABSENT } from '../../../lib/store.ts';
import { PostgresFault } from '../../../lib/stores/postgres/client.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { createPool } from '../../../lib/stores/postgres/pool.ts';
import { bodyOf } from '../../conformance/body.ts';
import { openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const KEY = 'jobs/a.json';
const { schema, open, sql } = usePostgresWorld();
const target = targetOf(serverUrl());

describe('sessions of a role that may not write for a while', () => {
  it('are replaced, so that writes go on when it may', async () => {
    await open().head(KEY);
    const user = `${schema}_limited`;
    await sql(`CREATE ROLE ${user} LOGIN SUPERUSER`);
    await sql(`ALTER ROLE ${user} SET default_transaction_read_only = on`);
    let nowMs = 0;
    let opened = 0;
    const client = createPool({
      connect() {
        opened += 1;
        return connectTo({ ...target, user });
      },
      size: 3,
      answerTimeoutMs: 60_000,
      timers: { elapsedMs: () => nowMs, after: (...call) => systemTimers.after(...call) },
    });
    onTestFinished(async () => {
      await client.close();
      await sql(`DROP ROLE ${user}`);
    });
    const store = openStore(schema, {
      client,
      elapsedMs: () => nowMs,
      delay: async ms => void (nowMs += ms + 20_000),
    });
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow('read-only');
    await sql(`ALTER ROLE ${user} RESET default_transaction_read_only`);
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(opened).toBe(2);
  });
});

describe('a session', () => {
  it('that the server ends takes no statement after that', async () => {
    const connection = await connectTo(target);
    let isLost = false;
    connection.onLost(() => {
      isLost = true;
    });
    const ending = { text: 'SELECT pg_terminate_backend(pg_backend_pid())', values: [] };
    const fault = await connection.run(ending).catch((error: unknown) => error);
    expect(fault).toMatchObject({ kind: 'unclear' });
    expect(isLost).toBe(true);
  });

  it('for which a password is missing says so, and is not tried again', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {});
      const answers = [message(10, 'SCRAM-SHA-256\0\0'), message(11, 'r=a,s=b,i=4096')];
      socket.on('data', () => socket.write(answers.shift() ?? ''));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const connecting = connectTo({ ...target, host: '127.0.0.1', port, password: null });
    await expect(connecting).rejects.toMatchObject({
      message: 'The server asks for a password, and none is given',
      kind: 'refused',
    });
  });
});

describe('a server that starts, or has no session left', () => {
  it.each(['57P03', '53300'])('is waited for for ten seconds once: %s', async code => {
    let nowMs = 0;
    let tries = 0;
    const store = openStore(schema, {
      client: {
        async run() {
          tries += 1;
          throw new PostgresFault('not now', { kind: 'passing', code });
        },
        backendIds: () => [],
        close: async () => {},
      },
      elapsedMs: () => nowMs,
      delay: async ms => void (nowMs += ms + 1_000),
    });
    await expect(store.head(KEY)).rejects.toThrow('not now');
    expect(tries).toBeGreaterThan(3);
    tries = 0;
    nowMs += 60_000;
    await expect(store.head(KEY)).rejects.toThrow('not now');
    expect(tries).toBe(1);
  });
});

/** A message of the server about the authentication. */
function message(kind: number, text: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeInt32BE(8 + text.length, 0);
  length.writeInt32BE(kind, 4);
  return Buffer.concat([Buffer.from('R'), length, Buffer.from(text)]);
}

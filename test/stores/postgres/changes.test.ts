import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { columnIn, type SqlRow } from '../../../lib/stores/postgres/client.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { pollLines } from '../../conformance/follow.ts';
import { pollNames } from '../../conformance/follow-names.ts';
import { write } from '../../conformance/write.ts';
import { openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const { schema, client, open, sql } = usePostgresWorld();
let store: ObjectStore;

beforeEach(() => {
  store = open();
});

/** A transaction that another program holds open. It is rolled back after the test if it still is. */
async function begin(): Promise<{ run(text: string): Promise<unknown> }> {
  const connection = await connectTo(targetOf(serverUrl()));
  onTestFinished(() => connection.end());
  await connection.run({ text: 'BEGIN', values: [] });
  return { run: text => connection.run({ text, values: [] }) };
}

/** What the store does to insert a hint, as a statement in a transaction of one's own. */
function insertion(key: string): string {
  return `INSERT INTO "${schema}".plain_object (key, version, body, is_text, change) VALUES ('${key}', 'held', '', true, pg_current_xact_id())`;
}

describe('followers', () => {
  it('poll() reports what a transaction wrote that began before the previous poll and ended after it', async () => {
    const names = store.followNames('ready/');
    const follower = store.follow('ready/');
    await pollNames(names);
    await pollLines(follower);
    const held = await begin();
    await held.run(insertion('ready/held'));
    // Later in time, earlier to be seen.
    await write(store, 'ready/later', '');
    expect(await pollNames(names)).toEqual(['named ready/later']);
    expect(await pollLines(follower)).toEqual(['stored ready/later: ']);
    await held.run('COMMIT');
    expect(await pollNames(names)).toEqual(['named ready/held']);
    expect(await pollLines(follower)).toEqual(['stored ready/held: ']);
  });

  it('poll() reports what was deleted by such a transaction', async () => {
    await write(store, 'ready/gone', '');
    const names = store.followNames('ready/');
    await pollNames(names);
    const held = await begin();
    await held.run(`DELETE FROM "${schema}".plain_object WHERE key = 'ready/gone'`);
    await held.run(
      `INSERT INTO "${schema}".removed_object (key, version, id, change) VALUES ('ready/gone', '', '', pg_current_xact_id())`,
    );
    await write(store, 'ready/later', '');
    expect(await pollNames(names)).toEqual(['named ready/later']);
    await held.run('COMMIT');
    expect(await pollNames(names)).toEqual(['removed ready/gone']);
    expect(await pollNames(names)).toEqual([]);
  });

  it('poll() reports nothing of a transaction that is rolled back', async () => {
    const names = store.followNames('ready/');
    await pollNames(names);
    const held = await begin();
    await held.run(insertion('ready/held'));
    await held.run('ROLLBACK');
    expect(await pollNames(names)).toEqual([]);
  });

  it('poll() compares all keys when records of deletions since the previous poll are gone', async () => {
    for (const name of ['a', 'b', 'c']) await write(store, `ready/${name}`, '');
    const names = store.followNames('ready/');
    const follower = store.follow('ready/');
    await pollNames(names);
    await pollLines(follower);
    await store.delete('ready/b', UNCONDITIONAL);
    await sql('DELETE FROM {}.removed_object');
    await sql('UPDATE {}.state SET forgotten = pg_current_xact_id()');
    await write(store, 'ready/c', 'changed');
    expect(await pollNames(names)).toEqual(['removed ready/b']);
    expect(await pollLines(follower)).toEqual(['removed ready/b', 'stored ready/c: changed']);
    expect(await pollNames(names)).toEqual([]);
  });

  it('poll() compares all keys where somebody has emptied all tables', async () => {
    await write(store, 'ready/gone', '');
    const names = store.followNames('ready/');
    await pollNames(names);
    const [[version, worksFrom] = []] = await sql('SELECT version, works_from FROM {}.state');
    onTestFinished(async () => {
      await sql(`INSERT INTO {}.state VALUES (true, ${version}, '0', ${worksFrom})`);
    });
    await sql(
      'TRUNCATE {}.listed_object, {}.plain_object, {}.resident_object, {}.removed_object, {}.state',
    );
    await write(store, 'ready/later', '');
    expect(await pollNames(names)).toEqual(['named ready/later', 'removed ready/gone']);
    expect(await pollNames(names)).toEqual([]);
    await expect(open().head('ready/later')).rejects.toThrow('somebody has emptied it');
  });

  it('poll() reports each of 5,000 changes of one statement', async () => {
    const names = store.followNames('ready/');
    await pollNames(names);
    await sql(
      `INSERT INTO {}.plain_object (key, version, body, is_text, change) SELECT 'ready/' || n, 'v' || n, '', true, pg_current_xact_id() FROM generate_series(1, 5000) AS n`,
    );
    expect(new Set(await pollNames(names)).size).toBe(5_000);
    expect(await pollNames(names)).toEqual([]);
  });
});

describe('a database that was restored from a dump of a server with higher numbers', () => {
  const HIGH = '999999999999';

  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await write(store, `ready/${name}`, '');
    await store.delete('ready/c', UNCONDITIONAL);
    await sql(`UPDATE {}.plain_object SET change = '${HIGH}'`);
    await sql(`UPDATE {}.removed_object SET change = '${HIGH}'`);
    await sql(`UPDATE {}.state SET forgotten = '${HIGH}'`);
  });

  it('poll() reads all once, and then what has changed since', async () => {
    const rows: number[] = [];
    const counting = openStore(schema, {
      client: {
        ...client,
        close: async () => {},
        async run(statement) {
          const answer = await client.run(statement);
          rows.push(answer.length);
          return answer;
        },
      },
    });
    const names = counting.followNames('ready/');
    expect(await pollNames(names)).toEqual(['named ready/a', 'named ready/b']);
    rows.length = 0;
    expect(await pollNames(names)).toEqual([]);
    // That of the moment.
    expect(rows).toEqual([1]);
    await write(store, 'ready/d', '');
    await store.delete('ready/a', UNCONDITIONAL);
    expect(await pollNames(names)).toEqual(['named ready/d', 'removed ready/a']);
  });

  it('poll() compares all keys when records of deletions since the previous poll are gone', async () => {
    let nowMs = 0;
    const aged = open({ elapsedMs: () => nowMs });
    const names = store.followNames('ready/');
    await pollNames(names);
    await aged.delete('ready/a', UNCONDITIONAL);
    await sql(`UPDATE {}.removed_object SET at = now() - interval '3 minutes'`);
    nowMs = 31_000;
    await aged.delete('ready/b', UNCONDITIONAL);
    await expect.poll(() => sql(`SELECT forgotten < '${HIGH}' FROM {}.state`)).toEqual([['t']]);
    expect(await pollNames(names)).toEqual(['removed ready/a', 'removed ready/b']);
    await sql(`UPDATE {}.state SET forgotten = '0'`);
  });
});

describe('a server that gives numbers again', () => {
  /** A store that sees the server in a way of its own. */
  function openSeen(change: (row: SqlRow) => SqlRow, backendIds = () => client.backendIds()) {
    return openStore(schema, {
      client: {
        close: async () => {},
        backendIds,
        async run(statement) {
          const rows = await client.run(statement);
          if (!statement.text.includes('pg_postmaster_start_time')) return rows;
          return rows.map(row => (row.includes(startedAt) ? change(row) : row));
        },
      },
    });
  }

  let startedAt: string | null;
  let countsSince: string | null;

  beforeEach(async () => {
    const text = 'SELECT extract(epoch FROM pg_postmaster_start_time())::text';
    startedAt = columnIn((await sql(text))[0], 0);
    const counts = 'SELECT extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time())::text';
    countsSince = columnIn((await sql(counts))[0], 0);
    await write(store, 'ready/a', '');
  });

  it.each<[string, (row: SqlRow) => SqlRow]>([
    ['was started again', row => row.map(column => (column === startedAt ? '1' : column))],
    [
      'counts from the beginning, as after a crash of one of its processes',
      row => row.map(column => (column === countsSince ? '1' : column)),
    ],
    ['is at lower numbers', row => row.map(column => (/^\d+$/.test(column ?? '') ? '3' : column))],
  ])('poll() compares all keys when it %s', async (_, change) => {
    let isOther = false;
    const names = openSeen(row => (isOther ? change(row) : row)).followNames('ready/');
    await pollNames(names);
    // As a transaction whose number is below those that were read.
    await sql(
      `INSERT INTO {}.plain_object (key, version, body, is_text, change) VALUES ('ready/lost', 'v', '', true, '3')`,
    );
    await sql(`DELETE FROM {}.plain_object WHERE key = 'ready/a'`);
    expect(await pollNames(names)).toEqual([]);
    isOther = true;
    expect(await pollNames(names)).toEqual(['named ready/lost', 'removed ready/a']);
  });

  it('poll() compares all keys when no session is left that there was', async () => {
    let ids = [1, 2];
    const names = openSeen(
      row => row,
      () => ids,
    ).followNames('ready/');
    await pollNames(names);
    await sql(`DELETE FROM {}.plain_object WHERE key = 'ready/a'`);
    ids = [2, 3];
    expect(await pollNames(names)).toEqual([]);
    ids = [4];
    expect(await pollNames(names)).toEqual(['removed ready/a']);
    expect(await pollNames(names)).toEqual([]);
  });
});

describe('records of deletions', () => {
  it('are removed when they are older than two minutes, and followers learn it', async () => {
    let nowMs = 0;
    const aged = open({ elapsedMs: () => nowMs });
    for (const name of ['a', 'b']) await write(aged, `ready/${name}`, '');
    await aged.delete('ready/a', UNCONDITIONAL);
    await sql(`UPDATE {}.removed_object SET at = now() - interval '3 minutes'`);
    nowMs = 31_000;
    await aged.delete('ready/b', UNCONDITIONAL);
    await expect.poll(() => sql('SELECT key FROM {}.removed_object')).toEqual([['ready/b']]);
    expect(await sql(`SELECT forgotten > '0' FROM {}.state`)).toEqual([['t']]);
  });
});

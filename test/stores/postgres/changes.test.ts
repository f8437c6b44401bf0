import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { connectTo } from '../../../lib/stores/postgres/connection.ts';
import { pollLines } from '../../conformance/follow.ts';
import { pollNames } from '../../conformance/follow-names.ts';
import { write } from '../../conformance/write.ts';
import { serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const { schema, open, sql } = usePostgresWorld();
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

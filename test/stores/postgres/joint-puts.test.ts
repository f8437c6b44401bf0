import { expect, it, onTestFinished } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { openProxy } from '../../support/postgres/proxy.ts';
import { usePostgresWorld } from './world.ts';

const KEY = 'jobs/a.json';
const HINT = 'ready/20260101.abc~a';
const { schema, open } = usePostgresWorld();

function both(store: ObjectStore): NonNullable<ObjectStore['putWithEmpty']> {
  if (store.putWithEmpty === undefined) throw new Error('The store has no joint puts');
  return store.putWithEmpty;
}

it('putWithEmpty() stores the object with its label, and an empty one', async () => {
  const store = open();
  const version = await both(store)(
    KEY,
    { body: bodyOf('one'), precondition: ABSENT, label: 'l' },
    HINT,
  );
  expect(await store.head(KEY)).toBe(version);
  expect(textOf((await store.get(KEY))?.body)).toBe('one');
  expect((await store.get(HINT))?.body.byteLength).toBe(0);
  const listed = await collect(store.list('jobs/'));
  expect(listed).toMatchObject([{ key: KEY, version, label: 'l' }]);
});

it('putWithEmpty() stores nothing where the precondition refuses', async () => {
  const store = open();
  const version = await write(store, KEY, 'one');
  await write(store, KEY, 'two');
  for (const precondition of [ABSENT, atVersion(version)]) {
    expect(await both(store)(KEY, { body: bodyOf('three'), precondition }, HINT)).toBeNull();
  }
  expect(await store.head(HINT)).toBeNull();
  expect(textOf((await store.get(KEY))?.body)).toBe('two');
});

it('putWithEmpty() replaces what is under the other key, which then has another version', async () => {
  const store = open();
  const version = await write(store, KEY, 'one');
  const before = await write(store, HINT, 'x');
  for (const precondition of [atVersion(version), UNCONDITIONAL]) {
    expect(await both(store)(KEY, { body: bodyOf('two'), precondition }, HINT)).not.toBeNull();
  }
  const after = await store.get(HINT);
  expect(after?.version).not.toBe(before);
  expect(after?.body.byteLength).toBe(0);
});

it('putWithEmpty() tells its followers of both', async () => {
  const store = open();
  const followers = [store.followNames('jobs/'), store.followNames('ready/')];
  for (const follower of followers) await collect(follower.poll());
  await both(open())(KEY, { body: bodyOf('one'), precondition: ABSENT }, HINT);
  const changes = [];
  for (const follower of followers) changes.push(...(await collect(follower.poll())));
  expect(changes.map(({ key }) => key)).toEqual([KEY, HINT]);
});

it('putWithEmpty() finds out whether a try without an answer has stored both', async () => {
  const target = targetOf(serverUrl());
  const proxy = await openProxy(target.port);
  onTestFinished(() => proxy.close());
  const client = openClient({ ...target, port: proxy.port }, 1);
  onTestFinished(() => client.close());
  const store = openStore(schema, { client, delay: async () => {} });
  await store.head(KEY);
  proxy.cutNext('after');
  const putting = both(store)(KEY, { body: bodyOf('one'), precondition: ABSENT }, HINT);
  expect(await putting).toBe(await open().head(KEY));
  expect(await open().head(HINT)).not.toBeNull();
  expect(proxy.connections()).toBe(2);
});

import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ABSENT,
  atVersion,
  type JointWrite,
  type ObjectStore,
  type Precondition,
  UNCONDITIONAL,
  type Version,
} from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { openProxy } from '../../support/postgres/proxy.ts';
import { usePostgresWorld } from './world.ts';

const KEY = 'jobs/a.json';
const HINT = 'ready/20260101.abc~a';
const LEASE = 'leases/a.1.json';
const OTHER = 'Another version' as Version;
const { schema, open } = usePostgresWorld();

function putWith(store: ObjectStore, precondition: Precondition, others: readonly JointWrite[]) {
  if (store.putWith === undefined) throw new Error('The store has no joint writes');
  return store.putWith(KEY, { body: bodyOf('new'), precondition, label: 'l' }, others);
}

function put(key: string, precondition: Precondition): JointWrite {
  return { kind: 'put', key, body: bodyOf('new'), precondition, label: 'l' };
}

function deletion(key: string, precondition: Precondition): JointWrite {
  return { kind: 'delete', key, precondition };
}

/** The texts under the keys of these tests, null where there is none. */
async function textsIn(store: ObjectStore) {
  const objects = await Promise.all([KEY, LEASE, HINT].map(key => store.get(key)));
  return objects.map(object => (object === null ? null : textOf(object.body)));
}

/** A job, its lease and its hint. */
async function fill(store: ObjectStore) {
  const [job, lease, hint] = [
    await write(store, KEY, 'old'),
    await write(store, LEASE, 'old'),
    await write(store, HINT, 'old'),
  ];
  return { job, lease, hint };
}

describe('putWith()', () => {
  it('stores all that it puts, with labels and versions', async () => {
    const store = open();
    const stored = await putWith(store, ABSENT, [put(LEASE, ABSENT), put(HINT, UNCONDITIONAL)]);
    const versions = await Promise.all([KEY, LEASE, HINT].map(key => store.head(key)));
    expect(stored).toEqual({ version: versions[0], others: versions.slice(1) });
    expect(await textsIn(store)).toEqual(['new', 'new', 'new']);
    const listed = await collect(store.list('leases/'));
    expect(listed).toMatchObject([{ key: LEASE, version: versions[1], label: 'l' }]);
  });

  it.each([
    ['any version', () => UNCONDITIONAL],
    ['their versions', atVersion],
  ])('replaces and deletes what it finds at %s', async (_, at) => {
    const store = open();
    const { job, lease, hint } = await fill(store);
    const stored = await putWith(store, at(job), [put(LEASE, at(lease)), deletion(HINT, at(hint))]);
    expect(stored?.others).toEqual([await store.head(LEASE), null]);
    expect(await textsIn(store)).toEqual(['new', 'new', null]);
    expect(new Set([job, lease, stored?.version, stored?.others[0]]).size).toBe(4);
  });

  it('deletes what is not there, where no version is asked for', async () => {
    const store = open();
    expect(await putWith(store, ABSENT, [deletion(HINT, UNCONDITIONAL)])).not.toBeNull();
    expect(await textsIn(store)).toEqual(['new', null, null]);
  });

  it.each<[string, Precondition, readonly JointWrite[]]>([
    [
      'its version is another',
      atVersion(OTHER),
      [put(LEASE, UNCONDITIONAL), deletion(HINT, UNCONDITIONAL)],
    ],
    ['it is there', ABSENT, [put(LEASE, UNCONDITIONAL), deletion(HINT, UNCONDITIONAL)]],
    ['another one is there', UNCONDITIONAL, [deletion(HINT, UNCONDITIONAL), put(LEASE, ABSENT)]],
    [
      'the version of another is not the one to replace',
      UNCONDITIONAL,
      [deletion(HINT, UNCONDITIONAL), put(LEASE, atVersion(OTHER))],
    ],
    [
      'the version of another is not the one to delete',
      UNCONDITIONAL,
      [put(LEASE, UNCONDITIONAL), deletion(HINT, atVersion(OTHER))],
    ],
    [
      'one to delete is not there',
      UNCONDITIONAL,
      [put(LEASE, UNCONDITIONAL), deletion('leases/b.json', atVersion(OTHER))],
    ],
  ])('writes nothing where %s', async (_, precondition, others) => {
    const store = open();
    await fill(store);
    expect(await putWith(store, precondition, others)).toBeNull();
    expect(await textsIn(store)).toEqual(['old', 'old', 'old']);
  });

  it('one of two wins that expect the same version of another object', async () => {
    const store = open();
    const { lease } = await fill(store);
    const end = async (key: string) =>
      store.putWith?.(key, { body: bodyOf('new'), precondition: UNCONDITIONAL }, [
        deletion(LEASE, atVersion(lease)),
      ]);
    const done = await Promise.all([end('jobs/b.json'), end('jobs/c.json')]);
    expect(done.filter(stored => stored !== null)).toHaveLength(1);
    expect(await collect(store.list('jobs/'))).toHaveLength(2);
  });

  it('a refusal for an object that is there does not refuse what comes at the same moment', async () => {
    const store = open();
    const { job } = await fill(store);
    const [refused, stored, read] = await Promise.all([
      putWith(store, atVersion(job), [put(LEASE, ABSENT)]),
      store.put('jobs/b.json', bodyOf('b'), ABSENT),
      store.get(KEY),
    ]);
    expect([refused, stored === null, textOf(read?.body)]).toEqual([null, false, 'old']);
  });

  it('tells followers of all writes', async () => {
    const store = open();
    await write(store, HINT, 'old');
    const followers = ['jobs/', 'leases/', 'ready/'].map(prefix => store.followNames(prefix));
    for (const follower of followers) await collect(follower.poll());
    await putWith(open(), ABSENT, [put(LEASE, ABSENT), deletion(HINT, UNCONDITIONAL)]);
    const changes = [];
    for (const follower of followers) changes.push(...(await collect(follower.poll())));
    expect(changes.map(({ kind, key }) => [kind, key])).toEqual([
      ['named', KEY],
      ['named', LEASE],
      ['removed', HINT],
    ]);
  });

  it.each(['before', 'after'] as const)(
    'finds out whether a try was carried out whose connection broke %s it',
    async when => {
      const { job } = await fill(open());
      const target = targetOf(serverUrl());
      const proxy = await openProxy(target.port);
      onTestFinished(() => proxy.close());
      const client = openClient({ ...target, port: proxy.port }, 1);
      onTestFinished(() => client.close());
      const store = openStore(schema, { client, delay: async () => {} });
      await store.head(KEY);
      proxy.cutNext(when);
      const stored = await putWith(store, atVersion(job), [
        put('leases/a.2.json', ABSENT),
        deletion(HINT, UNCONDITIONAL),
      ]);
      expect(stored).toEqual({
        version: await open().head(KEY),
        others: [await open().head('leases/a.2.json'), null],
      });
      expect(await textsIn(open())).toEqual(['new', 'old', null]);
      expect(proxy.connections()).toBe(2);
    },
  );
});

import { expect, it } from 'vitest';
import { fail, ok } from '../../lib/failure.ts';
import { createGroupedWriter } from '../../lib/storage/commit/grouped-writer.ts';
import { createRetry } from '../../lib/storage/commit/retry.ts';
import {
  ABSENT,
  type JointVersions,
  type ObjectStore,
  UNCONDITIONAL,
  type Version,
} from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { bodyOf, textOf } from '../conformance/body.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';

const KEY = 'jobs/a.json';
const HINT = 'ready/1~a';
const EMPTY = new Uint8Array();

interface Job {
  readonly version: Version;
  readonly text: string;
}

/** A process that creates the object, on a store that refuses cheaply and stores two objects in one step, or not. */
function openCreation({ isJoint }: { isJoint: boolean }) {
  const inner = createMemoryStore();
  const calls: string[] = [];
  const store: ObjectStore = {
    ...withSeparatePuts(inner),
    refusesCheaply: true,
    put(key, ...rest) {
      calls.push(`put ${key}`);
      return inner.put(key, ...rest);
    },
    ...(isJoint ? { putWith } : {}),
  };
  const retry = createRetry(
    { fraction: () => 0 } as Parameters<typeof createRetry>[0],
    async () => {},
  );
  const writer = createGroupedWriter<Job>({ store, retry, pace: null });

  async function putWith(
    ...[key, { body, precondition }, others]: Parameters<NonNullable<ObjectStore['putWith']>>
  ): Promise<JointVersions | null> {
    calls.push(`put ${key} with ${others.map(other => other.key).join()}`);
    const version = await inner.put(key, body, precondition);
    if (version === null) return null;
    await inner.put(HINT, EMPTY, UNCONDITIONAL);
    return { version, others: others.map(() => null) };
  }

  const create = (text: string) =>
    writer.change<string>(KEY, {
      isNew: true,
      async read() {
        calls.push('read');
        const object = await inner.get(KEY);
        if (object === null) return null;
        return { version: object.version, text: textOf(object.body) ?? '' };
      },
      decide(current) {
        if (current !== null) return fail({ code: 'job_exists', jobId: current.text });
        return ok({
          kind: 'write',
          encode: () => ({ body: bodyOf(text) }),
          sidecars: [
            {
              write: { kind: 'put', key: HINT, body: EMPTY, isNew: false },
              alone: {
                when: 'before',
                run: async () => void (await store.put(HINT, EMPTY, UNCONDITIONAL)),
              },
            },
          ],
          written: () => text,
          shared: null,
        });
      },
    });
  return { inner, calls, create, writer };
}

it('an object that is new is written in one step with the empty one before it', async () => {
  const { inner, calls, create } = openCreation({ isJoint: true });
  expect(await create('one')).toEqual(ok('one'));
  expect(calls).toEqual([`put ${KEY} with ${HINT}`]);
  expect(await inner.head(HINT)).not.toBeNull();
});

it('an object that is there after all is read, and nothing is stored', async () => {
  const { inner, calls, create } = openCreation({ isJoint: true });
  await inner.put(KEY, bodyOf('other'), ABSENT);
  expect(await create('one')).toEqual(fail({ code: 'job_exists', jobId: 'other' }));
  expect(calls).toEqual([`put ${KEY} with ${HINT}`, 'read']);
  expect(await inner.head(HINT)).toBeNull();
});

it('two that create it at once get one creation and one refusal', async () => {
  const { create } = openCreation({ isJoint: true });
  const done = await Promise.all([create('one'), create('two')]);
  expect(done).toEqual([ok('one'), fail({ code: 'job_exists', jobId: 'one' })]);
});

it('without such a step the store is read first, and the empty object is put before the other', async () => {
  const { calls, create } = openCreation({ isJoint: false });
  expect(await create('one')).toEqual(ok('one'));
  expect(calls).toEqual(['read', `put ${HINT}`, `put ${KEY}`]);
});

it('a change that counts on one step is decided again where others of its group write the same object', async () => {
  const { inner, calls, writer } = openCreation({ isJoint: true });
  const read = async () => null;
  const hint = { kind: 'put', key: HINT, body: EMPTY, isNew: false } as const;
  const first = writer.change<string>(KEY, {
    read,
    decide: () =>
      ok({
        kind: 'write',
        encode: () => ({ body: bodyOf('one') }),
        sidecars: [{ write: hint, alone: { when: 'before', run: async () => {} } }],
        written: () => 'one',
        shared: { object: version => ({ version, text: 'one' }), growth: 0 },
      }),
  });
  let tries = 0;
  const second = writer.change<string>(KEY, {
    read,
    decide() {
      tries += 1;
      if (tries > 1) return ok({ kind: 'keep', value: 'in steps' });
      return ok({
        kind: 'write',
        encode: () => ({ body: bodyOf('two') }),
        sidecars: [{ write: hint, alone: null }],
        written: () => 'two',
        shared: null,
      });
    },
  });
  expect(await Promise.all([first, second])).toEqual([ok('one'), ok('in steps')]);
  expect(calls).toEqual([`put ${KEY} with ${HINT}`]);
  expect(textOf((await inner.get(KEY))?.body)).toBe('one');
});

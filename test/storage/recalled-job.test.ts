import { expect, it } from 'vitest';
import { fail, ok } from '../../lib/failure.ts';
import { createGroupedWriter } from '../../lib/storage/commit/grouped-writer.ts';
import { createRetry } from '../../lib/storage/commit/retry.ts';
import type { Task } from '../../lib/storage/commit/waiting-change.ts';
import { ABSENT, atVersion, UNCONDITIONAL, type Version } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { bodyOf, textOf } from '../conformance/body.ts';

const KEY = 'jobs/a.json';

interface Job {
  readonly version: Version;
  readonly text: string;
}

/** A process that has stored `one` in a store that refuses cheaply, or not. */
async function openWriter(refusesCheaply = true) {
  const store = { ...createMemoryStore(), refusesCheaply };
  const retry = createRetry(
    { fraction: () => 0 } as Parameters<typeof createRetry>[0],
    async () => {},
  );
  const writer = createGroupedWriter<Job>({ store, retry, pace: null });
  const version = await store.put(KEY, bodyOf('one'), ABSENT);
  if (version === null) throw new Error('The object of the test is not stored');
  let reads = 0;
  const seen: string[] = [];
  const known = {
    recall: () => ({ version, text: 'one' }),
    async read() {
      reads += 1;
      const object = await store.get(KEY);
      return object === null ? null : { version: object.version, text: textOf(object.body) ?? '' };
    },
  };
  /** Adds an exclamation mark to a text that begins so. */
  function change(start: string, first?: () => Promise<void>) {
    const task: Task<Job, string> = {
      ...known,
      decide(current) {
        const text = current?.text ?? '';
        seen.push(text);
        if (!text.startsWith(start)) return fail({ code: 'job_not_found', jobId: text });
        return ok({
          kind: 'write',
          encode: () => ({ body: bodyOf(`${text}!`) }),
          first,
          written: () => text,
          shared: null,
        });
      },
    };
    return writer.change(KEY, task);
  }
  return { store, version, change, seen, reads: () => reads };
}

it('a change of an object that is known writes without a read', async () => {
  const { store, change, reads } = await openWriter();
  expect(await change('one')).toEqual(ok('one'));
  expect(reads()).toBe(0);
  expect(textOf((await store.get(KEY))?.body)).toBe('one!');
});

it('reads first where a refused write costs more', async () => {
  const { change, reads } = await openWriter(false);
  expect(await change('one')).toEqual(ok('one'));
  expect(reads()).toBe(1);
});

it('an object that another process has replaced is read, and decided on again', async () => {
  const { store, version, change, seen } = await openWriter();
  await store.put(KEY, bodyOf('one, two'), atVersion(version));
  expect(await change('one')).toEqual(ok('one, two'));
  expect(seen).toEqual(['one', 'one, two']);
  expect(textOf((await store.get(KEY))?.body)).toBe('one, two!');
});

it('a refusal is decided on what is stored, never on what is only known', async () => {
  const { store, change, seen } = await openWriter();
  await store.put(KEY, bodyOf('two'), UNCONDITIONAL);
  expect(await change('two')).toEqual(ok('two'));
  expect(await change('three')).toMatchObject({ ok: false, failure: { jobId: 'two!' } });
  expect(seen).toEqual(['one', 'two', 'one', 'two!']);
});

it('of several changes that wait, each is decided on what the one before has stored', async () => {
  const { store, change, seen } = await openWriter();
  const done = await Promise.all([change('one'), change('nothing'), change('one!')]);
  expect(done.map(({ ok: isDone }) => isDone)).toEqual([true, false, true]);
  expect(seen).toContain('one!');
  expect(textOf((await store.get(KEY))?.body)).toBe('one!!');
});

it('a change that writes something else first is decided on what is stored, never on what is only known', async () => {
  const { store, change, seen } = await openWriter();
  await store.put(KEY, bodyOf('two'), UNCONDITIONAL);
  let traces = 0;
  const leave = async () => {
    traces += 1;
  };
  expect(await change('one', leave)).toMatchObject({ ok: false, failure: { jobId: 'two' } });
  expect(seen).toEqual(['one', 'two']);
  expect(traces).toBe(0);
});

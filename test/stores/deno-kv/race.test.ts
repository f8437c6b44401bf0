import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import type { Medium } from '../../conformance/medium.ts';
import { collect } from '../../conformance/write.ts';
import { interrupted } from './dying-kv.ts';
import { openFileMedium, openShimMedium, storeOn } from './medium.ts';

const KEY = 'jobs/a.json';
const MEDIA = [
  ['the in-memory KV', openShimMedium],
  ['a file of @deno/kv', openFileMedium],
] as const;

describe.each(MEDIA)('on %s', (_, open) => {
  it('get() never sees a torn body while writers replace large and small ones', async () => {
    const medium = await open();
    await medium.left.put(KEY, uniform(0), UNCONDITIONAL);
    const writing = Promise.all([repeat(12, putOn(medium, 1)), repeat(12, putOn(medium, 2))]);
    const bodies = await repeat(40, async () => (await medium.right.get(KEY))?.body);
    await writing;
    await medium.destroy();
    expect(bodies.map(body => new Set(body).size)).toEqual(bodies.map(() => 1));
  });

  it('get() returns with each version the body that was put with it', async () => {
    const medium = await open();
    const { left, right } = medium;
    const put = new Map<unknown, string>();
    const write = (writer: string) => async (round: number) => {
      const text = `${writer} ${round}`;
      put.set(await left.put(KEY, bodyOf(text), UNCONDITIONAL), text);
    };
    const writing = Promise.all([repeat(20, write('one')), repeat(20, write('two'))]);
    const found = await repeat(60, () => right.get(KEY));
    await writing;
    await medium.destroy();
    const objects = found.flatMap(object => (object === null ? [] : [object]));
    expect(put.size).toBe(40);
    expect(objects.map(({ body }) => textOf(body))).toEqual(
      objects.map(({ version }) => put.get(version)),
    );
  });

  it('put() of large bodies has one winner among 8 that expect the same version', async () => {
    const medium = await open();
    const version = await medium.left.put(KEY, uniform(0), UNCONDITIONAL);
    const racers = Array.from({ length: 8 }, (__, racer) => uniform(racer + 1));
    const outcomes = await Promise.all(
      racers.map(body =>
        medium.right.put(KEY, body, { kind: 'version', version: version ?? never() }),
      ),
    );
    const winners = outcomes.flatMap((won, racer) => (won === null ? [] : [racer]));
    const stored = await medium.left.get(KEY);
    await medium.destroy();
    expect(winners).toHaveLength(1);
    expect(stored?.body[0]).toBe((winners[0] ?? 0) + 1);
  });

  it.each([0, 1, 61_439, 61_440, 61_441, 122_880, 737_281, 5_000_000])(
    'get() returns every byte of a body of %i',
    async bytes => {
      const medium = await open();
      const body = largeBody(bytes);
      await medium.left.put(KEY, body, UNCONDITIONAL, 'l'.repeat(900));
      const stored = await medium.right.get(KEY);
      await medium.destroy();
      expect(sameBytes(stored?.body ?? bodyOf('nothing'), body)).toBe(true);
    },
  );
});

describe('a pointer that changes', () => {
  it('get() reads again when the chunks are removed between its reads', async () => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, uniform(1), UNCONDITIONAL);
    const steps = [nothing, () => replace(kv, bodyOf('new'))];
    const reader = interrupted(kv, { beforeRead: async () => steps.shift()?.() });
    expect(textOf((await storeOn(reader).get(KEY))?.body)).toBe('new');
  });

  it('get() returns null when the object is removed between its reads', async () => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, uniform(1), UNCONDITIONAL);
    const steps = [nothing, async () => void (await storeOn(kv).delete(KEY, UNCONDITIONAL))];
    const reader = interrupted(kv, { beforeRead: async () => steps.shift()?.() });
    expect(await storeOn(reader).get(KEY)).toBeNull();
  });

  it('get() rejects when chunks are missing and the pointer is unchanged', async () => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, uniform(1), UNCONDITIONAL);
    const [chunk] = await collect(kv.list({ prefix: ['c'] }));
    await kv.delete(['c', String(chunk?.key[1]), 0]);
    await expect(storeOn(kv).get(KEY)).rejects.toThrow('chunks of its body are missing');
    const changes = await collect(storeOn(kv).follow('jobs/').poll());
    expect(changes).toMatchObject([{ kind: 'unreadable', key: KEY }]);
  });
});

function putOn(medium: Medium, fill: number): (round: number) => Promise<unknown> {
  const bodies = [uniform(fill), new Uint8Array(10).fill(fill)] as const;
  return round => medium.left.put(KEY, bodies[round % 2] ?? bodies[0], UNCONDITIONAL);
}

async function replace(kv: KvLike, body: Uint8Array): Promise<void> {
  await storeOn(kv).put(KEY, body, UNCONDITIONAL);
}

function uniform(fill: number): Uint8Array {
  return new Uint8Array(1_000_000).fill(fill);
}

function never(): never {
  throw new Error('An unconditional put was refused');
}

async function nothing(): Promise<void> {}

async function repeat<T>(times: number, run: (round: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let round = 0; round < times; round += 1) results.push(await run(round));
  return results;
}

import { describe, expect, it } from 'vitest';
import { type NameFollower, UNCONDITIONAL } from '../../lib/store.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';
import { WRITES } from './writes.ts';

export function specifyFollowNames(medium: OpenMedium): void {
  describe('followNames()', () => {
    it('poll() reports nothing when nothing is stored', async () => {
      expect(await pollNames(medium().left.followNames('ready/'))).toEqual([]);
    });

    it('poll() first reports every object', async () => {
      await write(medium().left, 'ready/a', '');
      await write(medium().right, 'ready/b', 'two');
      expect(await pollNames(medium().left.followNames('ready/'))).toEqual([
        'named ready/a',
        'named ready/b',
      ]);
    });

    it('poll() reports what either handle has created and deleted since, and no changes', async () => {
      const { left, right } = medium();
      await write(left, 'ready/changed', 'one');
      await write(left, 'ready/deleted', 'one');
      const follower = left.followNames('ready/');
      await pollNames(follower);
      await write(left, 'ready/changed', 'two');
      await write(right, 'ready/created', '');
      await right.delete('ready/deleted', UNCONDITIONAL);
      expect(await pollNames(follower)).toEqual(['named ready/created', 'removed ready/deleted']);
      expect(await pollNames(follower)).toEqual([]);
    });

    it('poll() reports nothing about objects that came and went between two polls', async () => {
      const { left, right } = medium();
      const follower = left.followNames('ready/');
      await pollNames(follower);
      await write(right, 'ready/a', '');
      await right.delete('ready/a', UNCONDITIONAL);
      expect(await pollNames(follower)).toEqual([]);
    });

    it(`poll() reports each of ${WRITES} new objects when it follows directly after them`, async () => {
      const { left, right } = medium();
      const follower = left.followNames('ready/');
      const lines: string[] = [];
      for (let count = 0; count < WRITES; count += 1) {
        await write(right, `ready/${100 + count}`, '');
        lines.push(...(await pollNames(follower)));
      }
      expect(lines).toEqual(
        Array.from({ length: WRITES }, (_, index) => `named ready/${100 + index}`),
      );
    });

    it('poll() reports in the next call what a caller did not read', async () => {
      const { left } = medium();
      await write(left, 'ready/a', '');
      await write(left, 'ready/b', '');
      const follower = left.followNames('ready/');
      const first = await readOne(follower);
      const rest = await pollNames(follower);
      expect([first, ...rest].toSorted()).toEqual(['named ready/a', 'named ready/b']);
    });

    it('poll() reports a forgotten object again if it exists, and no removal if not', async () => {
      const { left } = medium();
      await write(left, 'ready/gone', '');
      await write(left, 'ready/kept', '');
      const follower = left.followNames('ready/');
      await pollNames(follower);
      await left.delete('ready/gone', UNCONDITIONAL);
      follower.forget('ready/gone');
      follower.forget('ready/kept');
      expect(await pollNames(follower)).toEqual(['named ready/kept']);
      expect(await pollNames(follower)).toEqual([]);
    });

    it('poll() reports only the keys below its prefix', async () => {
      const { left } = medium();
      const follower = left.followNames('ready/');
      await write(left, 'jobs/a.json', 'job');
      await write(left, 'ready/a', '');
      expect(await pollNames(follower)).toEqual(['named ready/a']);
    });
  });
}

/** One poll, as sorted lines. */
export async function pollNames(follower: NameFollower): Promise<string[]> {
  return (await collect(follower.poll())).map(({ kind, key }) => `${kind} ${key}`).toSorted();
}

async function readOne(follower: NameFollower): Promise<string> {
  for await (const { kind, key } of follower.poll()) return `${kind} ${key}`;
  return 'nothing';
}

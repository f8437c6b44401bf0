import { describe, expect, it } from 'vitest';
import type { Change, Follower } from '../../lib/store.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';

export function specifyFollow(medium: OpenMedium): void {
  describe('follow()', () => {
    it('poll() tells nothing when nothing is stored', async () => {
      expect(await told(medium().left.follow('jobs/'))).toEqual([]);
    });

    it('poll() tells at first of everything there is', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      await write(medium().right, 'jobs/b.json', 'two');
      expect(await told(medium().left.follow('jobs/'))).toEqual([
        'stored jobs/a.json: one',
        'stored jobs/b.json: two',
      ]);
    });

    it('poll() tells the version that get() gives', async () => {
      const version = await write(medium().left, 'jobs/a.json', 'one');
      const changes = await collect(medium().right.follow('jobs/').poll());
      expect(changes).toMatchObject([{ kind: 'stored', object: { version } }]);
    });

    it('poll() tells nothing when nothing has changed since', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      const follower = medium().right.follow('jobs/');
      await told(follower);
      expect(await told(follower)).toEqual([]);
    });

    it('poll() tells of what either handle has created, changed and deleted since', async () => {
      const { left, right } = medium();
      await write(left, 'jobs/changed.json', 'one');
      await write(left, 'jobs/deleted.json', 'one');
      await write(left, 'jobs/kept.json', 'one');
      const follower = left.follow('jobs/');
      await told(follower);
      await write(left, 'jobs/changed.json', 'two');
      await write(right, 'jobs/created.json', 'new');
      await right.delete('jobs/deleted.json', UNCONDITIONAL);
      expect(await told(follower)).toEqual([
        'removed jobs/deleted.json',
        'stored jobs/changed.json: two',
        'stored jobs/created.json: new',
      ]);
    });

    it('poll() tells of the last of several changes once', async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      await told(follower);
      await write(right, 'jobs/a.json', 'one');
      await write(left, 'jobs/a.json', 'two');
      expect(await told(follower)).toEqual(['stored jobs/a.json: two']);
    });

    it('poll() tells nothing of what came and went between two polls', async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      await told(follower);
      await write(right, 'jobs/a.json', 'one');
      await right.delete('jobs/a.json', UNCONDITIONAL);
      expect(await told(follower)).toEqual([]);
    });

    it('poll() tells of each of 100 writes when it follows right behind them', async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      const tales: string[] = [];
      for (let count = 100; count < 200; count += 1) {
        await write(right, 'jobs/a.json', String(count));
        tales.push(...(await told(follower)));
      }
      expect(tales).toEqual(
        Array.from({ length: 100 }, (_, index) => `stored jobs/a.json: ${index + 100}`),
      );
    });

    it('poll() tells in the next call what a caller did not stay to hear', async () => {
      const { left } = medium();
      await write(left, 'jobs/a.json', 'one');
      await write(left, 'jobs/b.json', 'two');
      const follower = left.follow('jobs/');
      const heard = await hearOne(follower);
      const rest = await told(follower);
      expect([heard, ...rest].toSorted()).toEqual([
        'stored jobs/a.json: one',
        'stored jobs/b.json: two',
      ]);
    });

    it('poll() tells each follower everything', async () => {
      const { left } = medium();
      const first = left.follow('jobs/');
      await write(left, 'jobs/a.json', 'one');
      await told(first);
      expect(await told(left.follow('jobs/'))).toEqual(['stored jobs/a.json: one']);
    });

    it('poll() tells of the keys below its prefix alone', async () => {
      const { left } = medium();
      const follower = left.follow('leases/');
      await told(follower);
      await write(left, 'jobs/a.json', 'job');
      await write(left, 'leases/a.1.json', 'lease');
      expect(await told(follower)).toEqual(['stored leases/a.1.json: lease']);
    });
  });
}

/** One poll, as sorted lines. */
export async function told(follower: Follower): Promise<string[]> {
  return (await collect(follower.poll())).map(lineOf).toSorted();
}

async function hearOne(follower: Follower): Promise<string> {
  for await (const change of follower.poll()) return lineOf(change);
  return 'nothing';
}

function lineOf(change: Change): string {
  switch (change.kind) {
    case 'stored':
      return `stored ${change.key}: ${textOf(change.object.body)}`;
    case 'labelled':
      return `labelled ${change.key}: ${change.label}`;
    case 'unreadable':
      return `unreadable ${change.key}: ${change.reason}`;
    case 'removed':
      return `removed ${change.key}`;
    default:
      return change satisfies never;
  }
}

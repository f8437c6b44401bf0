import { describe, expect, it } from 'vitest';
import type { Change, Follower } from '../../lib/store.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';
import { WRITES } from './writes.ts';

export function specifyFollow(medium: OpenMedium): void {
  describe('follow()', () => {
    it('poll() reports nothing when nothing is stored', async () => {
      expect(await pollLines(medium().left.follow('jobs/'))).toEqual([]);
    });

    it('poll() first reports every object', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      await write(medium().right, 'jobs/b.json', 'two');
      expect(await pollLines(medium().left.follow('jobs/'))).toEqual([
        'stored jobs/a.json: one',
        'stored jobs/b.json: two',
      ]);
    });

    it('poll() reports the version that get() returns', async () => {
      const version = await write(medium().left, 'jobs/a.json', 'one');
      const changes = await collect(medium().right.follow('jobs/').poll());
      expect(changes).toMatchObject([{ kind: 'stored', object: { version } }]);
    });

    it('poll() reports nothing when nothing has changed since', async () => {
      await write(medium().left, 'jobs/a.json', 'one');
      const follower = medium().right.follow('jobs/');
      await pollLines(follower);
      expect(await pollLines(follower)).toEqual([]);
    });

    it('poll() reports what either handle has created, changed and deleted since', async () => {
      const { left, right } = medium();
      await write(left, 'jobs/changed.json', 'one');
      await write(left, 'jobs/deleted.json', 'one');
      await write(left, 'jobs/kept.json', 'one');
      const follower = left.follow('jobs/');
      await pollLines(follower);
      await write(left, 'jobs/changed.json', 'two');
      await write(right, 'jobs/created.json', 'new');
      await right.delete('jobs/deleted.json', UNCONDITIONAL);
      expect(await pollLines(follower)).toEqual([
        'removed jobs/deleted.json',
        'stored jobs/changed.json: two',
        'stored jobs/created.json: new',
      ]);
    });

    it('poll() reports only the last of several changes', async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      await pollLines(follower);
      await write(right, 'jobs/a.json', 'one');
      await write(left, 'jobs/a.json', 'two');
      expect(await pollLines(follower)).toEqual(['stored jobs/a.json: two']);
    });

    it('poll() reports nothing about objects that came and went between two polls', async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      await pollLines(follower);
      await write(right, 'jobs/a.json', 'one');
      await right.delete('jobs/a.json', UNCONDITIONAL);
      expect(await pollLines(follower)).toEqual([]);
    });

    it(`poll() reports each of ${WRITES} writes when it follows directly after them`, async () => {
      const { left, right } = medium();
      const follower = left.follow('jobs/');
      const lines: string[] = [];
      for (let count = 0; count < WRITES; count += 1) {
        await write(right, 'jobs/a.json', String(100 + count));
        lines.push(...(await pollLines(follower)));
      }
      expect(lines).toEqual(
        Array.from({ length: WRITES }, (_, index) => `stored jobs/a.json: ${100 + index}`),
      );
    });

    it('poll() reports in the next call what a caller did not read', async () => {
      const { left } = medium();
      await write(left, 'jobs/a.json', 'one');
      await write(left, 'jobs/b.json', 'two');
      const follower = left.follow('jobs/');
      const first = await readOneChange(follower);
      const rest = await pollLines(follower);
      expect([first, ...rest].toSorted()).toEqual([
        'stored jobs/a.json: one',
        'stored jobs/b.json: two',
      ]);
    });

    it('poll() reports everything to each follower', async () => {
      const { left } = medium();
      const first = left.follow('jobs/');
      await write(left, 'jobs/a.json', 'one');
      await pollLines(first);
      expect(await pollLines(left.follow('jobs/'))).toEqual(['stored jobs/a.json: one']);
    });

    it('poll() reports only the keys below its prefix', async () => {
      const { left } = medium();
      const follower = left.follow('leases/');
      await pollLines(follower);
      await write(left, 'jobs/a.json', 'job');
      await write(left, 'leases/a.1.json', 'lease');
      expect(await pollLines(follower)).toEqual(['stored leases/a.1.json: lease']);
    });
  });
}

/** One poll, as sorted lines. */
export async function pollLines(follower: Follower): Promise<string[]> {
  return (await collect(follower.poll())).map(lineOf).toSorted();
}

async function readOneChange(follower: Follower): Promise<string> {
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

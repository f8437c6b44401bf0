import { describe, expect, it } from 'vitest';
import {
  MAX_LABEL_BYTES,
  type ObjectStore,
  type StoreTraits,
  UNCONDITIONAL,
} from '../../lib/store.ts';
import { bodyOf, textOf } from './body.ts';
import { pollLines } from './follow.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';

const KEY = 'jobs/a.json';

export function specifyLabels(medium: OpenMedium, traits: StoreTraits): void {
  describe.runIf(traits.labels)('labels', () => {
    it.each([
      'plain',
      'Grüße 名前 𝒳',
      '{"job_id":"a\'b","text":"back\\\\slash ^ \\"quoted\\""}',
      '',
      'x'.repeat(MAX_LABEL_BYTES),
      '名'.repeat(MAX_LABEL_BYTES / 3),
    ])('list() gives the label of the put: %s', async label => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, label);
      expect(await labels(medium().right)).toEqual([label]);
    });

    it('list() gives the label of the last put', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      await medium().right.put(KEY, bodyOf('two'), UNCONDITIONAL, 'second');
      expect(await labels(medium().left)).toEqual(['second']);
    });

    it('list() gives no label when the last put had none', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      await write(medium().right, KEY, 'two');
      expect(await labels(medium().left)).toEqual([null]);
    });

    it('list() gives the same keys and versions to a caller that does not want labels', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      await write(medium().left, 'jobs/b.json', 'two');
      const named = async (wants: { labels: boolean }) => {
        const entries = await collect(medium().right.list('jobs/', 'jobs/', wants));
        return entries.map(({ key, version }) => [key, version]);
      };
      expect(await named({ labels: false })).toEqual(await named({ labels: true }));
      expect(await named({ labels: false })).toHaveLength(2);
    });

    it('get() returns the body that was labelled', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      expect(textOf((await medium().right.get(KEY))?.body)).toBe('one');
    });

    it('poll() reports the label instead of the body', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      await write(medium().left, 'jobs/b.json', 'two');
      expect(await pollLines(medium().right.follow('jobs/'))).toEqual([
        'labelled jobs/a.json: first',
        'stored jobs/b.json: two',
      ]);
    });

    it('poll() reports the version that head() returns, and only once', async () => {
      const follower = medium().right.follow('jobs/');
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      const version = await medium().left.head(KEY);
      expect(await collect(follower.poll())).toEqual([
        { kind: 'labelled', key: KEY, version, label: 'first' },
      ]);
      expect(await pollLines(follower)).toEqual([]);
    });
  });

  describe.runIf(!traits.labels)('no labels', () => {
    it('list() gives no label for any put', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      expect(await labels(medium().right)).toEqual([null]);
    });

    it('poll() reports the body with any label', async () => {
      await medium().left.put(KEY, bodyOf('one'), UNCONDITIONAL, 'first');
      expect(await pollLines(medium().right.follow('jobs/'))).toEqual(['stored jobs/a.json: one']);
    });
  });
}

async function labels(store: ObjectStore): Promise<(string | null)[]> {
  return (await collect(store.list('jobs/'))).map(({ label }) => label);
}

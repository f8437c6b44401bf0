import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { textOf } from './body.ts';
import type { OpenMedium } from './medium.ts';
import { collect, write } from './write.ts';

const ODD_KEYS = [
  'jobs/Grüße-名前-Ωmega-अ-𝒳.json',
  `jobs/${'n'.repeat(195)}.json`,
  `ready/${'é'.repeat(100)}`,
  'ready/with several  spaces',
  'jobs/__proto__.json',
  'ready/__proto__',
  'ready/constructor',
  'leases/job.0189-lease.json',
  'ready/2026-01-02T03:04:05.678901Z~job',
  `ready/quote"'back\\slash%2f#?&*`,
];

export function specifyKeys(medium: OpenMedium): void {
  describe('odd keys', () => {
    it.each(ODD_KEYS)('put(), get(), list() and delete() agree about %s', async key => {
      const { left, right } = medium();
      const prefix = key.slice(0, key.indexOf('/') + 1);
      const version = await write(left, key, key);
      expect(textOf((await right.get(key))?.body)).toBe(key);
      expect(await collect(right.list(prefix))).toEqual([{ key, version, label: null }]);
      expect(await right.delete(key, UNCONDITIONAL)).toBe(true);
      expect(await left.head(key)).toBeNull();
    });

    it('put() distinguishes names that differ in case or in composition', async () => {
      const { left, right } = medium();
      await write(left, 'ready/A', 'upper');
      await write(left, 'ready/a', 'lower');
      await write(left, 'ready/\u00e9', 'composed');
      await write(left, 'ready/e\u0301', 'decomposed');
      expect(textOf((await right.get('ready/A'))?.body)).toBe('upper');
      expect(textOf((await right.get('ready/\u00e9'))?.body)).toBe('composed');
    });
  });
}

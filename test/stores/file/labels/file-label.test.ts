import { describe, expect, it } from 'vitest';
import { type FileLabel, isRoughlySame } from '../../../../lib/stores/file/labels/file-label.ts';
import { versionOf } from '../../../../lib/stores/file/stat.ts';

const STATS = {
  mtimeNs: 1_790_000_000_123_456_789n,
  ctimeNs: 1_790_000_001_987_654_321n,
  size: 4_711n,
  ino: 9_007_199_254_740_991n,
};

function labelOf({ mtimeNs, ctimeNs, size, ino }: typeof STATS): FileLabel {
  const version = versionOf({ mtimeNs, size, ino });
  return { key: 'jobs/a.json', version, changedAtNs: String(ctimeNs), text: '' };
}

/** As Node makes numbers of times. */
function roughOf({ mtimeNs, ctimeNs, size, ino }: typeof STATS) {
  const msOf = (ns: bigint) =>
    Number(ns / 1_000_000_000n) * 1000 + Number(ns % 1_000_000_000n) / 1e6;
  return { mtimeMs: msOf(mtimeNs), ctimeMs: msOf(ctimeNs), size: Number(size), ino: Number(ino) };
}

describe('isRoughlySame()', () => {
  it('takes the stats that a label was made of, whatever their digits', () => {
    for (let ns = 0n; ns < 1_000_000n; ns += 997n) {
      const stats = { ...STATS, mtimeNs: STATS.mtimeNs + ns, ctimeNs: STATS.ctimeNs - ns };
      expect(isRoughlySame(roughOf(stats), labelOf(stats))).toBe(true);
    }
  });

  it.each([
    ['ctime', { ctimeNs: STATS.ctimeNs + 2_000n }],
    ['ctime, earlier', { ctimeNs: STATS.ctimeNs - 2_000n }],
    ['mtime', { mtimeNs: STATS.mtimeNs + 2_000n }],
    ['size', { size: STATS.size + 1n }],
    ['inode', { ino: STATS.ino - 1n }],
  ])('refuses another %s', (_, other) => {
    expect(isRoughlySame(roughOf({ ...STATS, ...other }), labelOf(STATS))).toBe(false);
  });
});

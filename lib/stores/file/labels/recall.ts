import { setImmediate } from 'node:timers/promises';
import { isMissing } from '../errno.ts';
import { roughStatsOf, statsOf, versionOf } from '../stat.ts';
import { type FileLabel, isRoughlySame, nsText } from './file-label.ts';
import type { FileLabels } from './labels.ts';

/** Fewer labels that are out of date cost nothing worth mentioning. */
const SPARE_LABELS = 100;
/** So many files are examined in one turn of the event loop: a millisecond. */
const FILES_PER_TURN = 250;

/**
 * The remembered labels of the files in a folder that are still the same, in pieces, the latest of a file last. Those of
 * files that are gone are dropped. `isCurrent` says whether a label is one that was yielded. Lets the event loop run in between.
 */
export async function* recallLabels(
  labels: FileLabels,
  {
    prefix,
    pathOf,
    isCurrent,
  }: {
    readonly prefix: string;
    readonly pathOf: (key: string) => string | null;
    readonly isCurrent: (label: FileLabel) => boolean;
  },
): AsyncGenerator<readonly FileLabel[]> {
  let count = 0;
  let sameCount = 0;
  for (const page of labels.recall(prefix)) {
    for (let at = 0; at < page.length; at += FILES_PER_TURN) {
      const examined = page.slice(at, at + FILES_PER_TURN);
      const same = examined.filter(label => isSame(label, pathOf(label.key)));
      count += examined.length;
      sameCount += same.length;
      yield same;
      await setImmediate();
    }
  }
  if (count <= 2 * sameCount + SPARE_LABELS) return;
  for (const _ of labels.compact(isCurrent)) await setImmediate();

  function isSame(label: FileLabel, path: string | null): boolean {
    const state = path === null ? 'gone' : stateOf(path, label);
    if (state === 'gone') labels.drop(label.key);
    return state === 'same';
  }
}

function isSameAt(path: string, { version, changedAtNs }: FileLabel): boolean {
  const stats = statsOf(path);
  return stats !== null && nsText(stats.ctimeNs) === changedAtNs && versionOf(stats) === version;
}

/** A file that cannot be examined is one that has changed: it is examined again, with its error. */
function stateOf(path: string, label: FileLabel): 'same' | 'changed' | 'gone' {
  try {
    const rough = roughStatsOf(path);
    if (rough === null) return 'gone';
    const isCurrent = Number.isSafeInteger(rough.ino)
      ? isRoughlySame(rough, label)
      : isSameAt(path, label);
    return isCurrent && rough.isFile() ? 'same' : 'changed';
  } catch (error) {
    return isMissing(error) ? 'gone' : 'changed';
  }
}

import { setImmediate } from 'node:timers/promises';
import { isMissing } from '../errno.ts';
import { statsOf, versionOf } from '../stat.ts';
import { type FileLabel, nsText } from './file-label.ts';
import type { FileLabels } from './labels.ts';

const FILES_PER_TURN = 256;
/** Fewer labels that are out of date cost nothing worth mentioning. */
const SPARE_LABELS = 100;

/**
 * The remembered labels of the files in a folder that are still the same, the latest of a file last. Those of files that
 * are gone are dropped. `isCurrent` says whether a label is one that was yielded. Lets the event loop run in between.
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
): AsyncGenerator<FileLabel> {
  let count = 0;
  let sameCount = 0;
  for (const page of labels.recall(prefix)) {
    for (const label of page) {
      count += 1;
      if (count % FILES_PER_TURN === 0) await setImmediate();
      const path = pathOf(label.key);
      const state = path === null ? 'gone' : stateOf(path, label);
      if (state === 'same') {
        sameCount += 1;
        yield label;
      } else if (state === 'gone') labels.drop(label.key);
    }
  }
  if (count <= 2 * sameCount + SPARE_LABELS) return;
  for (const _ of labels.compact(isCurrent)) await setImmediate();
}

/** A file that cannot be examined is one that has changed: it is examined again, with its error. */
function stateOf(path: string, { version, changedAtNs }: FileLabel): 'same' | 'changed' | 'gone' {
  try {
    const stats = statsOf(path);
    if (stats === null) return 'gone';
    const isSame = nsText(stats.ctimeNs) === changedAtNs && versionOf(stats) === version;
    return isSame && stats.isFile() ? 'same' : 'changed';
  } catch (error) {
    return isMissing(error) ? 'gone' : 'changed';
  }
}

import { mkdtempSync, rmSync } from 'node:fs';
import type { Random } from '../../../../lib/base/random.ts';
import { makeTemporaryFolder } from '../../../support/temporary-folder.ts';
import { imageAt, OUTCOMES, type Outcome, writeImage } from './disk-image.ts';
import type { DiskLog, DiskStep } from './disk-log.ts';

/** A folder on a disk whose changes are recorded, and what may be left of it when the power is cut. */
export interface RecordedDisk {
  readonly path: string;
  /** Ends the recording. Later stores find that the machine was started again. */
  stop(): void;
  /** How many changes were recorded. */
  length(): number;
  /** A folder with what is left after a number of changes. */
  cutAfter(count: number, left: { readonly outcome: Outcome; readonly random: Random }): string;
  /** Cuts the power at random moments. Each folder is removed when the next one is asked for. */
  cuts(options: { readonly count: number; readonly random: Random }): Iterable<PowerCut>;
}

export interface PowerCut {
  readonly folder: string;
  /** The number of changes before it. */
  readonly at: number;
  /** Says what was cut, for a message. */
  readonly name: string;
}

/** Starts to record in a new folder. `log` is null where `node:fs` was not replaced. */
export async function recordDisk(log: DiskLog | null): Promise<RecordedDisk> {
  if (log === null) throw new Error('The file system is not recorded');
  const parent = await makeTemporaryFolder();
  const path = mkdtempSync(`${parent}/origin-`);
  let steps: readonly DiskStep[] = [];
  log.steps.length = 0;
  log.bootId = 'before';
  log.root = path;

  function cutAfter(count: number, left: Parameters<RecordedDisk['cutAfter']>[1]): string {
    const folder = mkdtempSync(`${parent}/image-`);
    writeImage(imageAt(steps, count, left), folder);
    return folder;
  }

  return {
    path,
    stop() {
      steps = [...log.steps];
      log.root = null;
      log.bootId = 'after';
    },
    length: () => log.steps.length,
    cutAfter,
    *cuts({ count, random }) {
      for (let index = 0; index < count; index += 1) {
        const at = Math.floor(random.fraction() * (steps.length + 1));
        const outcome = OUTCOMES[index % OUTCOMES.length] ?? 'lost';
        const folder = cutAfter(at, { outcome, random });
        yield { folder, at, name: `${outcome} after ${at} of ${steps.length}` };
        rmSync(folder, { recursive: true });
      }
    },
  };
}

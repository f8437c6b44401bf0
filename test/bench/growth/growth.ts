import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../jobs/folder.ts';
import type { Bench, Figure, Pace } from '../measure/figure.ts';
import { growthOfJobs } from './jobs.ts';
import { growthOfLeases } from './leases.ts';
import { growthOfSheets } from './sheets.ts';
import { growthOfWaiting } from './waiting.ts';

/** What becomes dearer as sheets, jobs, leases and waiting jobs of other names get more: what must not, is flat. */
export const growth: Bench = {
  name: 'growth',
  async *figures(pace) {
    // Its writes are held against a durable one.
    yield* inFolder(growthOfSheets, pace, tmpdir());
    const place = existsSync(MEMORY) && !pace.million ? MEMORY : tmpdir();
    for (const part of [growthOfJobs, growthOfLeases, growthOfWaiting])
      yield* inFolder(part, pace, place);
  },
};

type Part = (folder: string, pace: Pace) => AsyncIterable<Figure>;

/** Kept in memory where that is possible: processor time is compared, and a disk would only make it slower. */
const MEMORY = '/dev/shm';

async function* inFolder(part: Part, pace: Pace, place: string) {
  const folder = await mkdtemp(join(place, 'dalsegno-bench-'));
  try {
    yield* part(folder, pace);
  } finally {
    await removeFolder(folder);
  }
}

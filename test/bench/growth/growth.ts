import { makeFolder, makeMemoryFolder, removeFolder } from '../jobs/folder.ts';
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
    yield* inFolder(growthOfSheets, pace, makeFolder);
    const make = pace.million ? makeFolder : makeMemoryFolder;
    for (const part of [growthOfJobs, growthOfLeases, growthOfWaiting])
      yield* inFolder(part, pace, make);
  },
};

type Part = (folder: string, pace: Pace) => AsyncIterable<Figure>;

async function* inFolder(part: Part, pace: Pace, make: () => Promise<string>) {
  const folder = await make();
  try {
    yield* part(folder, pace);
  } finally {
    await removeFolder(folder);
  }
}

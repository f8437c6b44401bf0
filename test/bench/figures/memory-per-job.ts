import { type ObservedService, startObserved } from '../http/observed-service.ts';
import { untilIndexed } from '../http/server-process.ts';
import { makeMemoryFolder, removeFolder } from '../jobs/folder.ts';
import { writeJobFiles } from '../jobs/job-files.ts';
import { standingAlone } from '../measure/alone.ts';
import type { Bench, Goal } from '../measure/figure.ts';

/** What a listed job costs in memory: that of the service with many jobs by that with few, after a collection. */
export const memoryPerJob: Bench = {
  name: 'memory-per-job',
  async *figures(pace) {
    const many = pace.kind === 'quick' ? 10_000 : 100_000;
    const folder = await makeMemoryFolder();
    try {
      for (const count of [FEW, many]) writeJobFiles(`${folder}/${count}`, count);
      const resident: number[] = [];
      const heap: number[] = [];
      for (let round = 0; round < Math.min(pace.rounds, MOST_ROUNDS); round++) {
        const few = await usageOf(`${folder}/${FEW}`, `${folder}/log`);
        const lot = await usageOf(`${folder}/${many}`, `${folder}/log`);
        resident.push((lot.rssBytes - few.rssBytes) / (many - FEW));
        heap.push((lot.heapBytes - few.heapBytes) / (many - FEW));
      }
      const label = `a job of ${many.toLocaleString('en-US')}`;
      const unit = 'bytes';
      yield standingAlone(`heap, ${label}`, { unit, values: heap, goal: KILOBYTE });
      yield standingAlone(`resident memory, ${label}`, { unit, values: resident, goal: KILOBYTE });
    } finally {
      await removeFolder(folder);
    }
  },
};

const FEW = 100;
const MOST_ROUNDS = 3;
const KILOBYTE: Goal = { atMost: 1024 };

async function usageOf(stateDir: string, logFile: string) {
  const service: ObservedService = await startObserved(stateDir, logFile, { canCollect: true });
  try {
    await untilIndexed(service);
    return await service.collected();
  } finally {
    await service.stop();
  }
}

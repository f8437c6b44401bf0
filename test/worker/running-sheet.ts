import type { WorkerOptions } from '../../lib/worker.ts';
import { openStage, type Stage } from './stage.ts';
import { openWorld, type TestWorker, type World } from './world.ts';

export interface Setup {
  readonly world: World;
  readonly stage: Stage;
  readonly worker: TestWorker;
}

/** A worker in the middle of the first sheet of `job-1`, which has so many. */
export async function inTheMiddle({
  sheets = 3,
  ...options
}: Partial<WorkerOptions> & { readonly sheets?: number } = {}): Promise<Setup> {
  const world = openWorld();
  const stage = openStage();
  await world.create('job-1', sheets);
  const worker = world.start({ onSheet: stage.onSheet, ttlSeconds: 60, ...options });
  await world.timing.advance(0);
  return { world, stage, worker };
}

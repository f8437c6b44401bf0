import type { Repository } from '../../../lib/service/service.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openRepository, openStore } from '../jobs/job-folder.ts';
import { holdJob, NO_SHEETS, writeJobs } from '../jobs/lease-jobs.ts';
import { type Bench, type Figure, type Pace, WITHIN_THREE_TIMES } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleOf } from '../measure/sample.ts';

/** A sweep over ten running jobs, among many finished ones and among few. */
export const sweep: Bench = {
  name: 'sweep',
  async *figures(pace) {
    const folder = await makeFolder();
    try {
      yield* await inFolder(folder, pace);
    } finally {
      await removeFolder(folder);
    }
  },
};

const FEW = 100;
const RUNNING = 10;

async function inFolder(folder: string, pace: Pace): Promise<Figure[]> {
  const many = pace.kind === 'quick' ? 10_000 : 100_000;
  const few = await openSwept(`${folder}/few`, FEW);
  const lot = await openSwept(`${folder}/many`, many);
  const figures = await compare(
    { name: few.name, measure: millis => sampleOf(() => sweepOnce(few.repository), { millis }) },
    [
      {
        name: lot.name,
        goal: WITHIN_THREE_TIMES,
        measure: millis => sampleOf(() => sweepOnce(lot.repository), { millis }),
      },
    ],
    pace,
  );
  for (const { store } of [few, lot]) await store.close();
  return figures;
}

interface Swept {
  readonly name: string;
  readonly store: ObjectStore;
  readonly repository: Repository;
}

async function openSwept(path: string, finished: number): Promise<Swept> {
  writeJobs(path, { count: finished, size: NO_SHEETS, status: 'completed' });
  const store = await openStore(path);
  const repository = openRepository(store);
  for (let job = 0; job < RUNNING; job++) await holdJob(repository, `running-${job}`, NO_SHEETS);
  const name = `sweep, ${RUNNING} run, ${finished.toLocaleString('en-US')} finished`;
  return { name, store, repository };
}

async function sweepOnce({ sweeper }: Repository): Promise<void> {
  const { examined, errors } = await must(sweeper.sweep({ cursor: null, limit: 500 }));
  if (examined !== RUNNING || errors > 0)
    throw new Error('The sweep found other jobs than it should');
}

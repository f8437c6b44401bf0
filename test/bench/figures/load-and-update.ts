import { readFile } from 'node:fs/promises';
import { SheetUpdate } from '../../../lib/checkpoint/sheet-update.ts';
import type { Jobs } from '../../../lib/service/jobs.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { createBareSaver } from '../jobs/bare-save.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openJobs, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { SIZES, type Size, stateBody } from '../jobs/state.ts';
import {
  AS_FAST_AS_BARE,
  type Bench,
  type Figure,
  type Goal,
  type Pace,
} from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleAfter, sampleOf } from '../measure/sample.ts';

/** `Jobs.load` against `readFile`, `Jobs.update` against the bare loop of a durable save. */
export const loadAndUpdate: Bench = {
  name: 'load-and-update',
  async *figures(pace) {
    for (const size of SIZES) {
      const folder = await makeFolder();
      try {
        yield* await loads(folder, size, pace);
        yield* await updates(folder, size, pace);
      } finally {
        await removeFolder(folder);
      }
    }
  },
};

const UPDATED: Goal = { atLeast: 0.8 };
const JOB_ID = 'bench';
const JOB = targetFor(JOB_ID);
const STARTED = SheetUpdate.parse({ status: 'in_progress' });
const COMPLETED = SheetUpdate.parse({ status: 'completed', execution_duration_seconds: 53.8 });

async function loads(folder: string, size: Size, pace: Pace): Promise<Figure[]> {
  const store = await openStore(folder);
  const jobs = openJobs(store);
  const body = stateBody(JOB_ID, size);
  const putAgain = () => store.put(JOB.key, body, UNCONDITIONAL);
  await putAgain();
  const path = store.locate(JOB.key);
  const figures = await compare(
    { name: 'readFile', measure: millis => sampleOf(() => readFile(path), { millis }) },
    [
      {
        name: `load, first of a version, ${size.name}`,
        goal: null,
        measure: millis => sampleAfter(putAgain, () => must(jobs.load(JOB)), millis),
      },
      {
        name: `load, again, ${size.name}`,
        goal: AS_FAST_AS_BARE,
        measure: millis => sampleOf(() => must(jobs.load(JOB)), { millis }),
      },
    ],
    pace,
  );
  await store.close();
  return figures;
}

async function updates(folder: string, size: Size, pace: Pace): Promise<Figure[]> {
  const body = stateBody(JOB_ID, size);
  const store = await openStore(folder);
  const bare = await createBareSaver(folder, body);
  const update = marker(openJobs(store), size.sheets);
  const figures = await compare(
    { name: 'bare save', measure: millis => sampleOf(() => bare.save(0), { millis }) },
    [
      {
        name: `update, 1 at once, ${size.name}`,
        goal: UPDATED,
        measure: millis => sampleOf(update, { millis }),
      },
    ],
    pace,
  );
  await bare.close();
  await store.close();
  return figures;
}

/** Starts and completes one sheet by turns. */
function marker(jobs: Jobs, sheetNum: number): () => Promise<unknown> {
  let calls = 0;
  return () => {
    calls += 1;
    const update = calls % 2 === 0 ? STARTED : COMPLETED;
    return must(jobs.update(JOB, sheetNum, { update, ...UNGUARDED }));
  };
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createFetch } from '../../../functions/app.ts';
import { systemClock } from '../../../lib/base/clock.ts';
import type { Jobs } from '../../../lib/service/jobs.ts';
import { startUpSample } from '../http/start-up.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { listedJobId, writeJobFiles } from '../jobs/job-files.ts';
import { must, openRepository, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { secondsOf } from '../measure/alone.ts';
import { type Bench, type Goal, type Pace, WITHIN_THREE_TIMES } from '../measure/figure.ts';
import { type Challenger, compare } from '../measure/rounds.ts';
import { type Sample, sampleAfter, sampleOf, sampleOnce } from '../measure/sample.ts';

/** The first page of 50, from few jobs and from many. */
export const list: Bench = {
  name: 'list',
  async *figures(pace) {
    const counts = pace.kind === 'quick' ? [1_000, 10_000] : [1_000, 10_000, 100_000];
    const folder = await makeFolder();
    try {
      for (const count of counts) writeJobFiles(`${folder}/${count}`, count);
      yield* cold(folder, counts, pace);
      yield* startUp(folder, counts, pace);
      yield* warm(folder, counts, pace);
    } finally {
      await removeFolder(folder);
    }
  },
};

/** By the number of jobs. */
const UNCHANGED_GOALS: Readonly<Record<number, Goal>> = { 100_000: { atMost: 2 } };
const FIRST_PAGE = { statuses: [], limit: 50, cursor: null };
const MOST_COLD_FILES = 50_000;
const SURVEY_AFTER_MS = 31_000;

interface Listed {
  readonly count: number;
  readonly jobs: Jobs;
  readonly request: () => Promise<unknown>;
  /** Lets half a minute pass, after which the store looks at every file again. */
  readonly passTime: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function* cold(folder: string, counts: readonly number[], pace: Pace) {
  for (const count of counts) {
    const path = `${folder}/${count}`;
    yield* await compare(
      { name: 'read + JSON.parse', measure: () => sampleOnce(() => readAll(path)) },
      [
        {
          name: `first page, cold, ${named(count)} jobs`,
          goal: null,
          measure: () => sampleOnce(() => listCold(path)),
        },
      ],
      { rounds: coldRounds(count, pace), millis: 0 },
    );
  }
}

/** Starts of the service until the first page is there: with all files new to it, and with none changed since its last run. */
async function* startUp(folder: string, counts: readonly number[], pace: Pace) {
  for (const count of counts) {
    const path = `${folder}/${count}`;
    const first: Sample[] = [];
    const again: Sample[] = [];
    for (let round = 0; round < coldRounds(count, pace); round++) {
      await removeFolder(`${path}/.dalsegno`);
      first.push(await startUpSample(path, `${folder}/log`));
      again.push(await startUpSample(path, `${folder}/log`));
    }
    const label = `start to first page, ${named(count)} jobs`;
    yield secondsOf(`${label}, first start`, first, null);
    yield secondsOf(`${label}, unchanged`, again, UNCHANGED_GOALS[count] ?? null);
  }
}

async function* warm(folder: string, counts: readonly number[], pace: Pace) {
  const opened: Listed[] = [];
  for (const count of counts) opened.push(await openListed(`${folder}/${count}`, count));
  yield* beside(opened, pace, ({ jobs, count }) => ({
    name: `Jobs.list, warm, ${named(count)} jobs`,
    goal: WITHIN_THREE_TIMES,
    measure: millis => sampleOf(() => must(jobs.list(FIRST_PAGE)), { millis }),
  }));
  yield* beside(opened, pace, ({ request, count }) => ({
    name: `GET /v1/jobs, warm, ${named(count)} jobs`,
    goal: WITHIN_THREE_TIMES,
    measure: millis => sampleOf(request, { millis }),
  }));
  yield* beside(opened, pace, ({ jobs, count }) => ({
    name: `Jobs.list after a save, ${named(count)} jobs`,
    goal: WITHIN_THREE_TIMES,
    measure: millis =>
      sampleAfter(
        () => saveAgain(jobs, listedJobId(count >> 1)),
        () => must(jobs.list(FIRST_PAGE)),
        millis,
      ),
  }));
  for (const { jobs, count, passTime } of opened) {
    const path = `${folder}/${count}`;
    yield* await compare(
      { name: 'readdir + stat', measure: millis => sampleOf(() => statAll(path), { millis }) },
      [
        {
          name: `Jobs.list with a survey, ${named(count)} jobs`,
          goal: null,
          measure: millis => sampleAfter(passTime, () => must(jobs.list(FIRST_PAGE)), millis),
        },
      ],
      pace,
    );
  }
  for (const { close } of opened) await close();
}

/** The first of them is what the others are held against. */
async function* beside(
  opened: readonly Listed[],
  pace: Pace,
  contenderOf: (listed: Listed) => Challenger,
) {
  const [first, ...others] = opened.map(contenderOf);
  if (first === undefined) return;
  yield* await compare(first, others, pace);
}

async function openListed(path: string, count: number): Promise<Listed> {
  let aheadMs = 0;
  const store = await openStore(path, () => systemClock.millis() + aheadMs);
  const repository = openRepository(store);
  const { jobs } = repository;
  const fetch = createFetch({
    ...repository,
    bodyLimitBytes: 1024,
    access: null,
    doctorKeys: 1001,
  });
  await jobs.warm();
  return {
    count,
    jobs,
    request: async () =>
      (await fetch(new Request('http://localhost/v1/jobs?limit=50'))).arrayBuffer(),
    passTime: async () => {
      aheadMs += SURVEY_AFTER_MS;
    },
    close: () => store.close(),
  };
}

async function saveAgain(jobs: Jobs, jobId: string): Promise<void> {
  const { body } = await must(jobs.load(targetFor(jobId)));
  await must(jobs.save(targetFor(jobId), body, UNGUARDED));
}

async function listCold(path: string): Promise<void> {
  const store = await openStore(path);
  await must(openRepository(store).jobs.list(FIRST_PAGE));
  await store.close();
}

function readAll(path: string): void {
  for (const file of filesIn(path)) JSON.parse(readFileSync(file, 'utf8'));
}

function statAll(path: string): void {
  for (const file of filesIn(path)) statSync(file, { bigint: true });
}

function filesIn(path: string): string[] {
  return readdirSync(path)
    .filter(name => name.endsWith('.json'))
    .map(name => `${path}/${name}`);
}

function coldRounds(count: number, { rounds }: Pace): number {
  return count > MOST_COLD_FILES ? Math.min(rounds, 3) : rounds;
}

function named(count: number): string {
  return count.toLocaleString('en-US');
}

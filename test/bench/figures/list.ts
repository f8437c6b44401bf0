import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createFetch } from '../../../functions/app.ts';
import { systemClock } from '../../../lib/base/clock.ts';
import type { Jobs } from '../../../lib/service/jobs.ts';
import { startService } from '../http/server-process.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { listedJobId, writeJobFiles } from '../jobs/job-files.ts';
import { must, openRepository, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import type { Bench, Pace } from '../measure/figure.ts';
import { type Challenger, compare, rateAfter, rateOf } from '../measure/rounds.ts';

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

const WITHIN_THREE_TIMES = { kind: 'ratio', atLeast: 1 / 3 } as const;
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
      { name: 'read + JSON.parse', measure: () => once(() => readAll(path)) },
      [
        {
          name: `first page, cold, ${named(count)} jobs`,
          target: null,
          measure: () => once(() => listCold(path)),
        },
      ],
      { rounds: coldRounds(count, pace), millis: 0 },
    );
  }
}

async function* startUp(folder: string, counts: readonly number[], pace: Pace) {
  const count = Math.max(...counts);
  const path = `${folder}/${count}`;
  yield* await compare(
    { name: 'read + JSON.parse', measure: () => once(() => readAll(path)) },
    [
      {
        name: `start-up to first page, ${named(count)} jobs`,
        target: { kind: 'seconds', atMost: 10 },
        measure: () => startUpRate(path, `${folder}/log`),
      },
    ],
    { rounds: coldRounds(count, pace), millis: 0 },
  );
}

async function* warm(folder: string, counts: readonly number[], pace: Pace) {
  const opened: Listed[] = [];
  for (const count of counts) opened.push(await openListed(`${folder}/${count}`, count));
  yield* beside(opened, pace, ({ jobs, count }) => ({
    name: `Jobs.list, warm, ${named(count)} jobs`,
    target: WITHIN_THREE_TIMES,
    measure: millis => rateOf(() => must(jobs.list(FIRST_PAGE)), { millis }),
  }));
  yield* beside(opened, pace, ({ request, count }) => ({
    name: `GET /v1/jobs, warm, ${named(count)} jobs`,
    target: WITHIN_THREE_TIMES,
    measure: millis => rateOf(request, { millis }),
  }));
  yield* beside(opened, pace, ({ jobs, count }) => ({
    name: `Jobs.list after a save, ${named(count)} jobs`,
    target: WITHIN_THREE_TIMES,
    measure: millis =>
      rateAfter(
        () => saveAgain(jobs, listedJobId(count >> 1)),
        () => must(jobs.list(FIRST_PAGE)),
        millis,
      ),
  }));
  for (const { jobs, count, passTime } of opened) {
    const path = `${folder}/${count}`;
    yield* await compare(
      { name: 'readdir + stat', measure: millis => rateOf(() => statAll(path), { millis }) },
      [
        {
          name: `Jobs.list with a survey, ${named(count)} jobs`,
          target: null,
          measure: millis => rateAfter(passTime, () => must(jobs.list(FIRST_PAGE)), millis),
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

/** From the start of a process until its first page is there. */
async function startUpRate(path: string, logFile: string): Promise<number> {
  const startedAt = performance.now();
  const service = await startService(path, logFile);
  const page = await fetch(`http://127.0.0.1:${service.port}/v1/jobs?limit=50`);
  await page.arrayBuffer();
  const elapsedMs = performance.now() - startedAt;
  await service.stop();
  if (!page.ok) throw new Error(`The first page was a ${page.status}`);
  return 1000 / elapsedMs;
}

async function once(task: () => Promise<void> | void): Promise<number> {
  const startedAt = performance.now();
  await task();
  return 1000 / (performance.now() - startedAt);
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

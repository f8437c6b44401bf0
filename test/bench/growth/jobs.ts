import { startUpSample } from '../http/start-up.ts';
import { writeJobFiles } from '../jobs/job-files.ts';
import { holdJob, NO_SHEETS, writeJobs } from '../jobs/lease-jobs.ts';
import { secondsOf, standingAlone } from '../measure/alone.ts';
import type { Figure, Goal, Pace } from '../measure/figure.ts';
import type { Sample } from '../measure/sample.ts';
import { claimAndRelease } from './claim-and-release.ts';
import { type CountedService, openCountedService } from './counted-service.ts';
import { type Expected, seriesOf } from './series.ts';

const MILLION = 1_000_000;
const WAITING = 100;
const RUNNING = 10;
/** Of the first page after a start on a million unchanged jobs. */
const MILLION_SECONDS: Goal = { atMost: 20 };
const MILLION_BYTES: Goal = { atMost: 1_000_000_000 };

/** The calls that concern all jobs, by their number: finished ones, some that wait and some that run. */
export async function* growthOfJobs(folder: string, pace: Pace): AsyncIterable<Figure> {
  const counts = pace.kind === 'quick' ? [1000, 10_000] : [1000, 10_000, 100_000];
  if (pace.million) counts.push(MILLION);
  for (const count of counts) {
    writeJobFiles(`${folder}/${count}`, count, 'completed');
    writeJobs(`${folder}/${count}`, { count: WAITING, size: NO_SHEETS, status: 'paused' });
  }
  if (pace.million) yield* startOnAMillion(`${folder}/${MILLION}`, `${folder}/log`);
  const opened: Opened[] = [];
  for (const count of counts) opened.push(await openJobsOf(`${folder}/${count}`, count));
  const calls: readonly (readonly [
    string,
    Expected,
    (opened: Opened) => () => Promise<unknown>,
  ])[] = [
    [
      'first page',
      'flat',
      ({ service }) =>
        () =>
          service.ask('GET', '/v1/jobs?limit=50'),
    ],
    [
      'page from the middle',
      'flat',
      ({ service, middle }) =>
        () =>
          service.ask('GET', middle),
    ],
    [
      'GET stats',
      'flat',
      ({ service }) =>
        () =>
          service.ask('GET', '/v1/stats'),
    ],
    [
      'claim and release',
      'flat',
      ({ service }) =>
        () =>
          claimAndRelease(service),
    ],
    [
      'sweep',
      'flat',
      ({ service }) =>
        () =>
          service.ask('POST', '/v1/sweep'),
    ],
  ];
  for (const [name, expected, workOf] of calls) {
    const steps = opened.map(one => one.service.step(one.count, workOf(one)));
    yield await seriesOf(`jobs: ${name}`, { steps, expected, pace });
  }
  for (const { service } of opened) await service.close();
}

interface Opened {
  readonly count: number;
  readonly service: CountedService;
  /** The path of the page in the middle. */
  readonly middle: string;
}

async function openJobsOf(folder: string, count: number): Promise<Opened> {
  const service = await openCountedService(folder);
  for (let job = 0; job < RUNNING; job++)
    await holdJob(service.repository, `running-${job}`, NO_SHEETS);
  let path = '/v1/jobs?limit=50&order=newest';
  let listed = 0;
  while (listed < count / 2) {
    const page = await service.ask('GET', `/v1/jobs?limit=1000${cursorIn(path)}`, { headers: {} });
    const cursor = /"next_cursor":"([^"]+)"/.exec(page)?.[1];
    if (cursor === undefined) break;
    path = `/v1/jobs?limit=50&order=newest&cursor=${encodeURIComponent(cursor)}`;
    listed += 1000;
  }
  return { count, service, middle: path };
}

function cursorIn(path: string): string {
  const cursor = /&cursor=.*/.exec(path)?.[0];
  return cursor ?? '';
}

async function* startOnAMillion(folder: string, logFile: string): AsyncIterable<Figure> {
  const first = await startUpSample(folder, logFile);
  yield secondsOf('start to first page, 1,000,000 jobs, first start', [first], null);
  const again: (Sample & { readonly residentBytes: number | null })[] = [];
  for (let round = 0; round < 2; round++) again.push(await startUpSample(folder, logFile));
  yield secondsOf('start to first page, 1,000,000 jobs, unchanged', again, MILLION_SECONDS);
  const values = again.map(({ residentBytes }) => residentBytes ?? Number.NaN);
  yield standingAlone('resident memory, 1,000,000 jobs', {
    unit: 'bytes',
    values,
    goal: MILLION_BYTES,
  });
}

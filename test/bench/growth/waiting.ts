import type { Timestamp } from '../../../lib/base/timestamp.ts';
import { hintKey, nameHashOf } from '../../../lib/keys/ready-hint.ts';
import { NO_SHEETS, writeJobs } from '../jobs/lease-jobs.ts';
import { stateBody } from '../jobs/state.ts';
import type { Figure, Pace } from '../measure/figure.ts';
import { claimAndRelease } from './claim-and-release.ts';
import { type CountedService, openCountedService } from './counted-service.ts';
import { seriesOf } from './series.ts';

const SINCE = '2026-01-02T04:04:05.678901Z' as Timestamp;
const WANTED = 'Wanted';
const WANTED_JOBS = 8;

/** A claim by name, by the number of jobs of another name that have waited for longer. */
export async function* growthOfWaiting(folder: string, pace: Pace): AsyncIterable<Figure> {
  const counts = pace.kind === 'quick' ? [10, 1000, 10_000] : [10, 1000, 10_000, 100_000];
  const opened: { count: number; service: CountedService }[] = [];
  for (const count of counts)
    opened.push({ count, service: await openAmong(`${folder}/${count}`, count) });
  const steps = opened.map(({ count, service }) =>
    service.step(count, () => claimAndRelease(service, WANTED)),
  );
  yield await seriesOf('waiting jobs of other names: claim by name and release', {
    steps,
    expected: 'flat',
    pace,
  });
  for (const { service } of opened) await service.close();
}

async function openAmong(folder: string, others: number): Promise<CountedService> {
  const { job_name: name } = JSON.parse(new TextDecoder().decode(stateBody('any', NO_SHEETS)));
  const nameHash = await nameHashOf(String(name));
  writeJobs(folder, {
    count: others,
    size: NO_SHEETS,
    status: 'paused',
    hintOf: jobId => hintKey({ jobId, nameHash, since: SINCE, changeAt: SINCE }),
  });
  const service = await openCountedService(folder);
  for (let nth = 0; nth < WANTED_JOBS; nth++) {
    const json = { job_id: `wanted-${nth}`, job_name: WANTED, total_sheets: 3 };
    await service.ask('POST', '/v1/jobs', { json });
  }
  return service;
}

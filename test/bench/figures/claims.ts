import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type Lane, laneOf, requestHead, startLoadClient } from '../http/http-load.ts';
import { startBareServer, startService, untilIndexed } from '../http/server-process.ts';
import { createBareSaver } from '../jobs/bare-save.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { openRepository, openStore } from '../jobs/job-folder.ts';
import { ASK, claimOne, releaseJob, writeJobs } from '../jobs/lease-jobs.ts';
import { SMALL, stateBody } from '../jobs/state.ts';
import { type Bench, type Figure, type Pace } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { sampleOf } from '../measure/sample.ts';
import { claimsOfMany } from './claims-of-many.ts';

/** Claims against bare Hono and bare saves, and claims from many jobs against claims from few. */
export const claims: Bench = {
  name: 'claims',
  async *figures(pace) {
    yield* await inFolder(folder => overHttp(folder, pace));
    for (const lanes of LANES) yield* await inFolder(folder => cycles(folder, lanes, pace));
    const many = pace.kind === 'quick' ? 10_000 : 100_000;
    yield* await inFolder(folder => claimsOfMany(folder, { stored: 'finished', many, pace }));
    yield* await inFolder(folder => claimsOfMany(folder, { stored: 'waiting', many, pace }));
  },
};

const LANES = [1, 32];

async function inFolder(task: (folder: string) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = await makeFolder();
  try {
    return await task(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** More than a run claims: to claim nothing is faster, and must not be counted. */
const WAITING_JOBS = { full: 15_000, quick: 3_000 } as const;

async function overHttp(folder: string, pace: Pace): Promise<Figure[]> {
  const jobs = `${folder}/jobs`;
  for (const name of ['bodies', 'bare']) await mkdir(`${folder}/${name}`);
  writeJobs(jobs, { count: WAITING_JOBS[pace.kind], size: SMALL, status: 'paused' });
  const service = await startService(jobs, `${folder}/service.log`);
  await untilIndexed(service);
  const bodyFile = `${folder}/ask`;
  const body = JSON.stringify({ holder: ASK.holder, ttl_seconds: ASK.ttlSeconds });
  await writeFile(bodyFile, body);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
  const requestTo = (path: string): Lane =>
    laneOf({ head: requestHead(`POST ${path}`, headers), bodyFile });
  await writeBodies(folder, { port: service.port, ask: body });
  const bare = await startBareServer(`${folder}/bodies`, `${folder}/bare.log`, `${folder}/bare`);
  const client = startLoadClient();
  const figures: Figure[] = [];
  try {
    for (const count of LANES) {
      const lanesOf = (path: (lane: number) => string) =>
        Array.from({ length: count }, (_, lane) => requestTo(path(lane)));
      const lanes = lanesOf(() => '/v1/claims');
      const durableLanes = lanesOf(lane => `/durable/${lane}/claim`);
      const challenger = {
        name: `POST claims, ${count} at once, ${SMALL.name}`,
        goal: null,
        measure: (millis: number) => client.sample(service, { millis, lanes }),
      };
      const askBare = (asked: Lane[]) => (millis: number) =>
        client.sample(bare, { millis, lanes: asked });
      const plain = { name: 'bare Hono', measure: askBare(lanes) };
      const durable = { name: 'bare Hono + 2 durable puts', measure: askBare(durableLanes) };
      figures.push(...(await compare(plain, [challenger], pace)));
      figures.push(...(await compare(durable, [challenger], pace)));
    }
  } finally {
    client.close();
    await service.stop();
    await bare.stop();
  }
  const left = await readdir(`${jobs}/.dalsegno/ready`);
  if (left.length === 0) throw new Error('The bench ran out of jobs that wait');
  return figures;
}

/** What the bare server answers, and what it puts, is what the service does: a lease and a job. */
async function writeBodies(
  folder: string,
  { port, ask }: { port: number; ask: string },
): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/claims`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: ask,
  });
  if (answer.status !== 201) throw new Error(`The bench was refused: ${await answer.text()}`);
  await writeFile(`${folder}/bodies/claim`, new Uint8Array(await answer.arrayBuffer()));
  const hidden = `${folder}/jobs/.dalsegno/leases`;
  const [leaseFile = ''] = await readdir(hidden);
  await writeFile(`${folder}/bodies/claim-put-1`, await readFile(`${hidden}/${leaseFile}`));
  await writeFile(`${folder}/bodies/claim-put-2`, stateBody('bench', SMALL));
}

const LEASE_BYTES = 400;

/** A claim and the release after it, against the saves that they are made of. */
async function cycles(folder: string, lanes: number, pace: Pace): Promise<Figure[]> {
  const jobs = `${folder}/jobs`;
  writeJobs(jobs, { count: 2 * lanes, size: SMALL, status: 'paused' });
  const store = await openStore(jobs);
  const repository = openRepository(store);
  for (const name of ['small', 'jobs-of-bare']) await mkdir(`${folder}/${name}`);
  const small = await createBareSaver(`${folder}/small`, new Uint8Array(LEASE_BYTES));
  const large = await createBareSaver(`${folder}/jobs-of-bare`, stateBody('bench', SMALL));
  const figures = await compare(
    {
      name: '5 bare saves, 2 of them of jobs',
      measure: millis =>
        sampleOf(
          async lane => {
            await small.save(lane);
            await large.save(lane);
            await small.save(lane);
            await small.save(lane);
            await large.save(lane);
          },
          { millis, lanes },
        ),
    },
    [
      {
        name: `claim and release, ${lanes} at once, ${SMALL.name}`,
        goal: null,
        measure: millis =>
          sampleOf(async () => releaseJob(repository, await claimOne(repository)), {
            millis,
            lanes,
          }),
      },
    ],
    pace,
  );
  for (const open of [small, large, store]) await open.close();
  return figures;
}

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { Grant } from '../../../lib/protocol/granted.ts';
import type { Repository } from '../../../lib/service/service.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { type LaneRequest, requestHead, startLoadClient } from '../http/http-load.ts';
import { startBareServer, startService, untilIndexed } from '../http/server-process.ts';
import { createBareSaver } from '../jobs/bare-save.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { openRepository, openStore } from '../jobs/job-folder.ts';
import { ASK, claimOne, inLanes, NO_SHEETS, releaseJob, writeJobs } from '../jobs/lease-jobs.ts';
import { SMALL, stateBody } from '../jobs/state.ts';
import type { Bench, Figure, Pace } from '../measure/figure.ts';
import { compare, rateAfter, rateOf } from '../measure/rounds.ts';

/** Claims against bare Hono and bare saves, and claims from many jobs against claims from few. */
export const claims: Bench = {
  name: 'claims',
  async *figures(pace) {
    yield* await inFolder(folder => overHttp(folder, pace));
    for (const lanes of LANES) yield* await inFolder(folder => cycles(folder, lanes, pace));
    const many = pace.kind === 'quick' ? 10_000 : 100_000;
    yield* await inFolder(folder => growth(folder, { stored: 'finished', many, pace }));
    yield* await inFolder(folder => growth(folder, { stored: 'waiting', many, pace }));
  },
};

const LANES = [1, 32];
const FEW = 100;
const WITHIN_THREE_TIMES = { kind: 'ratio', atLeast: 1 / 3 } as const;

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
  const requestTo = (path: string): LaneRequest => ({
    head: requestHead(`POST ${path}`, headers),
    bodyFile,
  });
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
        target: null,
        measure: (millis: number) => client.rate({ port: service.port, millis, lanes }),
      };
      const bareRate = (asked: LaneRequest[]) => (millis: number) =>
        client.rate({ port: bare.port, millis, lanes: asked });
      const plain = { name: 'bare Hono', measure: bareRate(lanes) };
      const durable = { name: 'bare Hono + 2 durable puts', measure: bareRate(durableLanes) };
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
        rateOf(
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
        target: null,
        measure: millis =>
          rateOf(async () => releaseJob(repository, await claimOne(repository)), { millis, lanes }),
      },
    ],
    pace,
  );
  for (const open of [small, large, store]) await open.close();
  return figures;
}

interface Growth {
  /** What most jobs of the folder are. */
  readonly stored: 'finished' | 'waiting';
  readonly many: number;
  readonly pace: Pace;
}

async function growth(folder: string, { stored, many, pace }: Growth): Promise<Figure[]> {
  const opened = [];
  for (const count of [FEW, many]) {
    const path = `${folder}/${count}`;
    if (stored === 'finished') {
      writeJobs(path, { count, size: NO_SHEETS, status: 'completed' });
      writeJobs(path, { count: FEW, size: NO_SHEETS, status: 'paused' });
    } else {
      writeJobs(path, { count, size: NO_SHEETS, status: 'paused' });
    }
    opened.push(await openClaimer(path, `${count.toLocaleString('en-US')} ${stored}`));
  }
  const [few, lot] = opened;
  if (few === undefined || lot === undefined) return [];
  const rounds = Math.min(pace.rounds, 3);
  const contenders = [
    { what: 'first claim of a process', of: firstClaims, pace },
    { what: 'start and first claim', of: starts, pace },
    { what: 'later claims', of: laterClaims, pace: { rounds, millis: 1 } },
  ];
  const figures: Figure[] = [];
  for (const { what, of, pace: own } of contenders) {
    const target = what === 'start and first claim' ? null : WITHIN_THREE_TIMES;
    figures.push(
      ...(await compare(
        { name: `${what}, ${few.name}`, measure: of(few) },
        [{ name: `${what}, ${lot.name}`, target, measure: of(lot) }],
        own,
      )),
    );
  }
  for (const claimer of opened) await claimer.close();
  return figures;
}

/** Claims from one folder, and hands back what it claimed. */
interface Claimer {
  readonly name: string;
  /** As a process that has just been started. */
  restart(): Promise<void>;
  claim(): Promise<void>;
  releaseAll(): Promise<void>;
  close(): Promise<void>;
}

async function openClaimer(path: string, name: string): Promise<Claimer> {
  let store: ObjectStore = await openStore(path);
  let repository: Repository = openRepository(store);
  let grants: Grant[] = [];
  return {
    name,
    async restart() {
      await store.close();
      store = await openStore(path);
      repository = openRepository(store);
    },
    async claim() {
      grants.push(await claimOne(repository));
    },
    async releaseAll() {
      await inLanes(grants, SIDE_BY_SIDE, grant => releaseJob(repository, grant));
      grants = [];
    },
    close: () => store.close(),
  };
}

const SIDE_BY_SIDE = 8;
const PAGE_OF_HINTS = 1000;

function firstClaims(claimer: Claimer): (millis: number) => Promise<number> {
  return millis =>
    rateAfter(
      async () => {
        await claimer.releaseAll();
        await claimer.restart();
      },
      () => claimer.claim(),
      millis,
    );
}

function starts(claimer: Claimer): (millis: number) => Promise<number> {
  return millis =>
    rateAfter(
      () => claimer.releaseAll(),
      async () => {
        await claimer.restart();
        await claimer.claim();
      },
      millis,
    );
}

/** As many as one list of hints is good for, so that its cost is in the figure, however few fit in a round. */
function laterClaims(claimer: Claimer): () => Promise<number> {
  return async () => {
    await claimer.releaseAll();
    await claimer.restart();
    await claimer.claim();
    let claimedMs = 0;
    let claimed = 0;
    while (claimed < PAGE_OF_HINTS) {
      await claimer.releaseAll();
      const startedAt = performance.now();
      await inLanes(Array.from({ length: FEW }), SIDE_BY_SIDE, () => claimer.claim());
      claimedMs += performance.now() - startedAt;
      claimed += FEW;
    }
    await claimer.releaseAll();
    return (claimed * 1000) / claimedMs;
  };
}

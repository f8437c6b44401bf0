import type { Timestamp } from '../../../lib/base/timestamp.ts';
import { hintKey, nameHashOf } from '../../../lib/keys/ready-hint.ts';
import type { Repository } from '../../../lib/service/service.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { must, openRepository, openStore, targetFor, UNGUARDED } from '../jobs/job-folder.ts';
import { ASK, NO_SHEETS, releaseJob, writeJobs } from '../jobs/lease-jobs.ts';
import { stateBody } from '../jobs/state.ts';
import type { Bench, Figure, Pace } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import type { Sample } from '../measure/sample.ts';

/** The processor time of claims from many waiting jobs against claims from few, with a name and without one. */
export const namedClaims: Bench = {
  name: 'named-claims',
  async *figures(pace) {
    const many = pace.kind === 'quick' ? 10_000 : 100_000;
    yield* await inFolder(folder => amongOthers(folder, { many, pace }));
  },
};

const FEW = 10;
const SOME = 1_000;
const WITHIN_TWICE = { atLeast: 1 / 2 } as const;
const SINCE = '2026-01-02T04:04:05.678901Z' as Timestamp;
/** The jobs that are claimed. They are the newest of their folder. */
const WANTED = 'Wanted';
const WANTED_JOBS = 8;

async function inFolder(task: (folder: string) => Promise<Figure[]>): Promise<Figure[]> {
  const folder = await makeFolder();
  try {
    return await task(folder);
  } finally {
    await removeFolder(folder);
  }
}

interface Claimer {
  readonly name: string;
  /** Claims a processor second, of jobs of one name; of any name if it is null. */
  measure(jobName: string | null, millis: number): Promise<Sample>;
  close(): Promise<void>;
}

async function amongOthers(
  folder: string,
  { many, pace }: { many: number; pace: Pace },
): Promise<Figure[]> {
  const open = (others: number) => openClaimer(`${folder}/${others}`, others);
  const [few, some, lot] = [await open(FEW), await open(SOME), await open(many)];
  const contender = (of: Claimer, jobName: string | null) => ({
    name: `${jobName === null ? 'claims of any name' : 'claims by name'} among ${of.name}`,
    goal: WITHIN_TWICE,
    measure: (millis: number) => of.measure(jobName, millis),
  });
  const figures = [
    ...(await compare(contender(few, WANTED), [contender(lot, WANTED)], pace)),
    ...(await compare(contender(some, null), [contender(lot, null)], pace)),
  ];
  for (const claimer of [few, some, lot]) await claimer.close();
  return figures;
}

async function openClaimer(path: string, others: number): Promise<Claimer> {
  const nameHash = await nameHashOf(nameIn(stateBody('any', NO_SHEETS)));
  writeJobs(path, {
    count: others,
    size: NO_SHEETS,
    status: 'paused',
    hintOf: jobId => hintKey({ jobId, nameHash, since: SINCE, changeAt: SINCE }),
  });
  const store = await openStore(path);
  const repository = openRepository(store);
  await createWanted(repository);
  // The first claim of a process reads the names of all hints.
  await releaseJob(repository, await claim(repository, WANTED));
  return {
    name: `${others.toLocaleString('en-US')} others`,
    async measure(jobName, millis) {
      let done = 0;
      let spentMs = 0;
      const endsAt = performance.now() + millis;
      do {
        const before = process.cpuUsage();
        const grant = await claim(repository, jobName);
        const { user, system } = process.cpuUsage(before);
        spentMs += (user + system) / 1000;
        done += 1;
        await releaseJob(repository, grant);
      } while (performance.now() < endsAt);
      const cpuMicros = (spentMs * 1000) / done;
      return { perSecond: (done * 1000) / spentMs, cpuMicros, clientCpuMicros: null };
    },
    close: () => store.close(),
  };
}

async function claim({ leases }: Repository, jobName: string | null) {
  const grant = await must(leases.claim({ ...ASK, jobName, jobPrefix: '' }));
  if (grant === null) throw new Error('The bench ran out of jobs that wait');
  return grant;
}

async function createWanted({ jobs }: Repository): Promise<void> {
  for (let index = 0; index < WANTED_JOBS; index += 1) {
    const jobId = `wanted-${index}`;
    const text = new TextDecoder().decode(stateBody(jobId, NO_SHEETS));
    const body = text
      .replace(/"job_name": "[^"]*"/, `"job_name": "${WANTED}"`)
      .replace('"status": "running"', '"status": "pending"');
    await must(jobs.save(targetFor(jobId), new TextEncoder().encode(body), UNGUARDED));
  }
}

function nameIn(body: Uint8Array): string {
  const { job_name: name } = JSON.parse(new TextDecoder().decode(body));
  return String(name);
}

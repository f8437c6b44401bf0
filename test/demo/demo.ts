import { createClient, type JobState } from '../../lib/worker.ts';
import { acknowledgedSoFar, missingFrom } from './acknowledged.ts';
import { FORGERY, tryDeadToken } from './dead-token.ts';
import { createJournal } from './journal.ts';
import { isEvent, isMidway, type News } from './news.ts';
import {
  createJob,
  makePlan,
  type PlannedJob,
  POLL_SECONDS,
  plainLoop,
  TTL_SECONDS,
} from './plan.ts';
import {
  type Claim,
  deadTokenIsRefused,
  epochsGrew,
  everySheetCompleted,
  jobIsUntouched,
  restartLostNothing,
  resultsAreThoseOfAPlainLoop,
  zombieWasFoundInTime,
} from './proof.ts';
import { createReporter } from './reporter.ts';
import { type Runtime, sweepSecondsOf } from './runtime.ts';
import { startService } from './service-process.ts';
import type { Terminal } from './terminal.ts';
import { startWorker } from './worker-process.ts';

const HOLDERS = ['w-1', 'w-2', 'w-3'];

/**
 * Three workers and a service, each in a process of its own. The worker of the longest job is killed in
 * the middle of a sheet, later the service is. What is proved by it is what is given back.
 */
export async function playDemo(
  runtime: Runtime,
  folder: string,
  terminal: Terminal,
): Promise<readonly Claim[]> {
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;
  const tell = (holder: string, text: string, tone: 'plain' | 'bad' | 'good' = 'plain') =>
    terminal.line({ atMs: elapsedMs(), holder, text, tone });

  const plan = makePlan();
  const { long, short, jobs } = plan;
  terminal.text(
    `${jobs.length} jobs, ${plan.totalSheets} sheets, ${HOLDERS.length} workers; a lease lasts ${TTL_SECONDS} s, ` +
      `a sweep comes every ${sweepSecondsOf(runtime)} s\n\n   time  epoch  holder   event`,
  );
  let service = await startService(runtime, { folder, port: 0 });
  const { url, port } = service;
  tell('service', `listens on ${url} in ${runtime}, pid ${service.pid}`);
  const client = createClient({ url });
  for (const job of jobs) await createJob(client, job);

  const journal = createJournal<News>(elapsedMs);
  const reporter = createReporter(terminal, plan);
  const workers = HOLDERS.map(holder =>
    startWorker({
      url,
      holder,
      ttlSeconds: TTL_SECONDS,
      pollSeconds: POLL_SECONDS,
      onMessage(from, message) {
        const news = { ...message, holder: from };
        reporter.report(elapsedMs(), news);
        journal.add(news);
      },
    }),
  );
  // Meanwhile, in this process, the same work without any of it.
  const plain = Promise.all(jobs.map(plainLoop));

  // Who is done with the short job is free to take over.
  await journal.first(isEvent('finished', short.jobId));
  const { what: victim } = await journal.next(isMidway(long.jobId));
  const dead = workers.find(({ holder }) => holder === victim.holder);
  const held = heldBy(
    journal.entries.map(({ what }) => what),
    victim.holder,
  );
  if (dead === undefined || held === null) throw new Error(`Cannot find ${victim.holder}`);
  const regranted = journal.next(isEvent('claimed', long.jobId));
  dead.kill();
  const killedAtMs = elapsedMs();
  tell(
    dead.holder,
    `${long.packageName} killed (SIGKILL) in the middle of sheet ${victim.sheet}`,
    'bad',
  );
  const { atMs: foundAtMs } = await regranted;

  const attempts = await tryDeadToken(url, held);
  for (const { what, answer } of attempts)
    tell(dead.holder, `back from the dead, ${what}: ${answer}`);

  await journal.next(isEvent('sheet-completed', long.jobId));
  await journal.next(isMidway(long.jobId));
  await service.stop('SIGKILL');
  tell('service', 'killed (SIGKILL)', 'bad');
  service = await startService(runtime, { folder, port });
  tell('service', `listens again, pid ${service.pid}`);
  const acknowledged = acknowledgedSoFar(journal);
  const missing = missingFrom(await loadAll(), acknowledged);

  await Promise.all(jobs.map(({ jobId }) => journal.first(isEvent('finished', jobId))));
  const before = await textOf(long);
  const attemptsAtTheEnd = await tryDeadToken(url, held);
  const after = await textOf(long);
  const states = await loadAll();
  const stopped = await Promise.all(workers.filter(worker => worker !== dead).map(it => it.stop()));
  const digests = await plain;
  await service.stop('SIGTERM');

  const outcomes = jobs.map((job, index) => {
    const state = states[index];
    if (state === undefined) throw new Error(`Cannot find the state of ${job.jobId}`);
    return { job, state, digests: digests[index] ?? [] };
  });
  const isUntouched = before === after && !JSON.stringify(states).includes(FORGERY);
  return [
    everySheetCompleted(outcomes),
    resultsAreThoseOfAPlainLoop(outcomes),
    zombieWasFoundInTime(foundAtMs - killedAtMs, sweepSecondsOf(runtime)),
    epochsGrew(epochsOf(jobs)),
    deadTokenIsRefused('once the job is taken over', attempts),
    deadTokenIsRefused('once the job is completed', attemptsAtTheEnd),
    jobIsUntouched(
      'the state is the same bytes before and after, and holds nothing forged',
      isUntouched,
    ),
    restartLostNothing(acknowledged.sheets.length + acknowledged.grants.length, missing),
    {
      what: 'the workers that were left stopped when they were asked to',
      holds: stopped.every(Boolean),
      evidence: `${stopped.filter(Boolean).length} of ${stopped.length}`,
    },
  ];

  async function loadAll(): Promise<readonly JobState[]> {
    return Promise.all(jobs.map(({ jobId }) => client.load(jobId)));
  }

  async function textOf({ jobId }: PlannedJob): Promise<string> {
    const response = await fetch(`${url}/v1/jobs/${jobId}`);
    return response.text();
  }

  function epochsOf(all: readonly PlannedJob[]): ReadonlyMap<string, readonly number[]> {
    const claims = journal.entries.map(({ what }) => what).filter(isEvent('claimed'));
    return new Map(
      all.map(({ jobId }) => [
        jobId,
        claims.filter(({ event }) => event.jobId === jobId).map(({ event }) => event.epoch),
      ]),
    );
  }
}

/** The last proof that a worker had told of. */
function heldBy(news: readonly News[], holder: string): (News & { readonly kind: 'held' }) | null {
  const told = news.filter(
    (it): it is News & { readonly kind: 'held' } => it.kind === 'held' && it.holder === holder,
  );
  return told.at(-1) ?? null;
}

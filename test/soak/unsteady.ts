/**
 * Many workers, a proxy that does something to every twentieth call, and a service that is killed again and
 * again: `npm run soak -- --minutes 10`. Says what became of the jobs, and ends with 1 where one is not as
 * it should be.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemRandom } from '../../lib/base/random.ts';
import { createClient } from '../../lib/worker.ts';
import { launchService, type Service } from '../node/service.ts';
import { freePort } from '../support/node/free-port.ts';
import { createJournal } from './journal.ts';
import { jobIdOf, SHEETS } from './plan.ts';
import { faultOf } from './proof.ts';
import { startProxy } from './proxy.ts';
import type { Word } from './worker-process.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    workers: { type: 'string', default: '32' },
    share: { type: 'string', default: '0.05' },
    'kill-seconds': { type: 'string', default: '30' },
  },
});
const WORKERS = Number(values.workers);
const KILL_MS = Number(values['kill-seconds']) * 1000;
const PROCESSES = 2;
const WAITING_JOBS = 2 * WORKERS;
/** How long what was begun may take to come to its end. */
const LAST_MS = 180_000;

const folder = await mkdtemp(join(tmpdir(), 'dalsegno-soak-'));
const port = await freePort();
const proxy = await startProxy({
  targetPort: port,
  share: Number(values.share),
  random: systemRandom,
});
const journal = createJournal();
let service = await start();
let kills = 0;
const client = createClient({ url: proxy.url, retries: 30, timeoutSeconds: 20 });
const direct = createClient({ url: `http://127.0.0.1:${port}`, retries: 30 });
const workers = Array.from({ length: PROCESSES }, (_, nth) => startWorkers(nth));
const created: string[] = [];
const endsAt = performance.now() + Number(values.minutes) * 60_000;
const killing = killAgainAndAgain();

while (performance.now() < endsAt) {
  while (created.length - journal.finished() < WAITING_JOBS) await create();
  await delay(200);
}
await killing;
const lastAt = performance.now() + LAST_MS;
while (journal.finished() < created.length && performance.now() < lastAt) await delay(500);
for (const worker of workers) worker.send('stop');
await Promise.all(workers.map(worker => once(worker, 'exit')));

const faults: string[] = [];
const statuses: Record<string, number> = {};
for (const jobId of created) {
  const state = await direct.load(jobId);
  statuses[state.status] = (statuses[state.status] ?? 0) + 1;
  const fault = faultOf(jobId, state);
  if (fault !== null) faults.push(fault);
}
await service.stop('SIGTERM');
await proxy.close();
await rm(folder, { recursive: true });

const repeated = journal.repeated();
const unexplained = repeated.filter(({ why }) => why === null);
console.log(
  JSON.stringify(
    {
      minutes: Number(values.minutes),
      workers: WORKERS,
      kills,
      calls: proxy.calls(),
      mishaps: proxy.mishaps(),
      jobs: created.length,
      statuses,
      sheets: created.length * SHEETS,
      sheets_run_twice: repeated.length,
      of_these_unexplained: unexplained.length,
      repeated,
      events: journal.events(),
      faults,
    },
    null,
    2,
  ),
);
process.exitCode = faults.length > 0 || unexplained.length > 0 ? 1 : 0;

async function start(): Promise<Service> {
  const flags = ['--port', String(port), '--sweep-interval', '5'];
  return launchService({ folder, flags });
}

async function killAgainAndAgain(): Promise<void> {
  while (performance.now() + KILL_MS < endsAt) {
    await delay(KILL_MS);
    await service.stop('SIGKILL');
    kills += 1;
    service = await start();
  }
}

async function create(): Promise<void> {
  const jobId = jobIdOf(created.length);
  await client.create({ job_id: jobId, job_name: 'soak', total_sheets: SHEETS });
  created.push(jobId);
}

function startWorkers(nth: number): ChildProcess {
  const count = WORKERS / PROCESSES;
  const place = join(import.meta.dirname, 'worker-process.ts');
  const child = fork(place, [proxy.url, String(nth * count), String(count)], { stdio: 'inherit' });
  child.on('message', word => journal.add(word as Word));
  return child;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/node/free-port.ts';
import { startPostgres } from '../support/postgres/server.ts';

/*
 * node test/soak/postgres-kill.ts [ROUNDS] [file]: SIGKILL of the database and of the service in turn, ROUNDS times each, while 16 workers
 * create, claim and complete. Fails if anything acknowledged is lost, if a job is granted twice, or if the repeat of an update whose answer
 * was lost is refused by the process that got the first try. With `file` the store is a folder, and only the service is killed.
 */

const ROUNDS = Number(process.argv[2] ?? 10);
const IS_FILE = process.argv[3] === 'file';
const WORKERS = 16;
const SHEETS = 4;
const LOAD_MILLISECONDS = 1_500;

const database = IS_FILE ? null : await startPostgres(tmpdir(), { fsync: 'on' });
const folder = mkdtempSync(join(tmpdir(), 'dalsegno-kill-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}/v1`;
/** How often the service was started. */
let starts = 0;
let service = startService();

function startService(): ChildProcess {
  starts += 1;
  const flags = ['functions/node.ts', '--port', String(port), '--log-level', 'error'];
  return spawn(process.execPath, flags, {
    env: { ...process.env, STORE: database?.url ?? `file:${folder}` },
    stdio: 'ignore',
  });
}

async function kill(process: ChildProcess): Promise<void> {
  const gone = once(process, 'exit');
  process.kill('SIGKILL');
  await gone;
}

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** Null where there is no answer. */
async function ask(
  method: string,
  path: string,
  { body, token }: { body?: unknown; token?: string } = {},
): Promise<Answer | null> {
  try {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token === undefined ? {} : { 'Lease-Token': token }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  } catch {
    return null;
  }
}

/** An answer, and what came before it. */
interface Insisted extends Answer {
  /** The starts of the service, by number, of the tries that were not answered. */
  readonly unansweredBy: ReadonlySet<number>;
}

/** Until an answer says more than that the service is not there. */
async function insist(...request: Parameters<typeof ask>): Promise<Insisted> {
  const unansweredBy = new Set<number>();
  for (;;) {
    const start = starts;
    const answer = await ask(...request);
    if (answer !== null && answer.status < 500) return { ...answer, unansweredBy };
    unansweredBy.add(start);
    await pause(50);
  }
}

const created = new Set<string>();
/** By job: the lease tokens that claims were answered with. */
const granted = new Map<string, string[]>();
/** By job: the sheets whose completion was acknowledged. */
const completed = new Map<string, number[]>();
const faults: string[] = [];
const stop = new AbortController();
let unanswered = 0;
/** Repeats of a last update that were answered, and that another process than that of the first try refused. */
let answeredRepeats = 0;
let refusedRepeats = 0;

/** Whether a process that is gone may have carried out the call. */
function isOfEarlier({ unansweredBy }: Insisted): boolean {
  return unansweredBy.size > 0 && !(unansweredBy.size === 1 && unansweredBy.has(starts));
}

async function work(worker: number): Promise<void> {
  for (let number = 0; !stop.signal.aborted; number += 1) {
    const id = `w${worker}-${number}`;
    const body = { job_id: id, job_name: 'kill', total_sheets: SHEETS };
    const made = await insist('POST', '/jobs', { body });
    // A try without an answer may have created it.
    if (made.status !== 201 && made.status !== 409) faults.push(`create: ${made.status}`);
    created.add(id);
    const claim = { job_name: 'kill', holder: `worker-${worker}`, ttl_seconds: 3600 };
    const claimed = await ask('POST', '/claims', { body: claim });
    if (claimed === null || claimed.status >= 500) unanswered += 1;
    if (claimed?.status !== 201) continue;
    const { lease, token } = claimed.json as { lease: { job_id: string }; token: string };
    const job = lease.job_id;
    granted.set(job, [...(granted.get(job) ?? []), token]);
    for (let sheet = 1; sheet <= SHEETS; sheet += 1) {
      const update = { status: 'completed', stdout: `${worker}` };
      const done = await insist('PUT', `/jobs/${job}/sheets/${sheet}`, { body: update, token });
      if (done.status >= 400) {
        // Another process does not know the lease that the completion ended: the job is to be found completed below.
        if (done.json['code'] === 'lease_lost' && sheet === SHEETS && isOfEarlier(done)) {
          refusedRepeats += 1;
          completed.set(job, [...(completed.get(job) ?? []), sheet]);
          break;
        }
        const said = `${done.status} ${JSON.stringify(done.json)}`;
        faults.push(
          `${job} ${sheet}: ${said} after ${[...done.unansweredBy].join(', ')} in ${starts}`,
        );
        break;
      }
      if (sheet === SHEETS && done.unansweredBy.size > 0) answeredRepeats += 1;
      completed.set(job, [...(completed.get(job) ?? []), sheet]);
    }
  }
}

const workers = Array.from({ length: WORKERS }, (_, worker) => work(worker));
await insist('GET', '/stats');
for (let round = 1; round <= ROUNDS; round += 1) {
  await pause(LOAD_MILLISECONDS);
  await database?.kill();
  await database?.start();
  await pause(LOAD_MILLISECONDS);
  await kill(service);
  service = startService();
  await insist('GET', '/stats');
  console.log(`round ${round}: ${created.size} created, ${granted.size} granted`);
}
await pause(LOAD_MILLISECONDS);
stop.abort();
await Promise.all(workers);

for (const id of created) {
  const { status, json } = await insist('GET', `/jobs/${id}`);
  const sheets = (json['sheets'] ?? {}) as Record<string, { status?: string }>;
  const tokens = granted.get(id) ?? [];
  if (status !== 200) faults.push(`${id} was created, and is ${status}`);
  if (tokens.length > 1) faults.push(`${id} was granted ${tokens.length} times`);
  if (tokens.length > 0 && json['status'] === 'pending') faults.push(`${id} lost its grant`);
  for (const sheet of completed.get(id) ?? []) {
    if (sheets[sheet]?.status !== 'completed') faults.push(`${id} lost sheet ${sheet}`);
  }
}
const updates = [...completed.values()].reduce((sum, { length }) => sum + length, 0);
console.log(
  `${ROUNDS} kills each: ${created.size} jobs, ${granted.size} grants, ${updates} updates, ${unanswered} claims without an answer, ${answeredRepeats} repeats of a last update answered and ${refusedRepeats} refused by another process, ${faults.length} faults`,
);
for (const fault of faults.slice(0, 20)) console.log(fault);
await kill(service);
await database?.stop();
rmSync(folder, { recursive: true });
process.exitCode = faults.length === 0 ? 0 : 1;

import type * as FileSystem from 'node:fs';
import { expect, it, vi } from 'vitest';
import type { ObjectStore } from '../../../../lib/store.ts';
import { createFileStore } from '../../../../lib/stores/file.ts';
import { type Answer, type AppClient, openApp } from '../../../support/app.ts';
import { frozenClock, type MovableClock } from '../../../support/clock.ts';
import { cases } from '../../../support/effort.ts';
import { seededRandom } from '../../../support/random.ts';
import type { DiskLog } from './disk-log.ts';
import { type RecordedDisk, recordDisk } from './recorded-disk.ts';

const held = vi.hoisted((): { log: DiskLog | null } => ({ log: null }));

vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const { createDiskLog, recordingFileSystem } = await import('./disk-log.ts');
  held.log = createDiskLog();
  return { ...fs, ...recordingFileSystem(fs, held.log) };
});

/** The cut points of each run. */
const CUTS = cases(20);
const RUNS = 2;
const LANES = 4;
const CALLS = 14;
const SHEETS = 3;
const TTL_SECONDS = 60;

/** What the service has acknowledged, at a position in the log of the disk. */
interface Acknowledged {
  readonly at: number;
  readonly jobId: string;
  /** The job as the service showed it then; null once it was deleted. */
  readonly text: string | null;
  /** The token that holds the job, null if nobody holds it. */
  readonly token: string | null;
}

interface Recorded {
  readonly acknowledged: readonly Acknowledged[];
  /** The calls, with where they began. */
  readonly begun: readonly { readonly at: number; readonly jobId: string }[];
}

function openStore(directory: string): Promise<ObjectStore> {
  return createFileStore({ directory, now: Date.now, random: Math.random });
}

/** Workers that each create, claim, update, release and delete jobs of a name of their own. */
async function runWorkers(
  app: AppClient,
  {
    disk,
    clock,
    seed,
  }: { readonly disk: RecordedDisk; readonly clock: MovableClock; readonly seed: number },
): Promise<Recorded> {
  const random = seededRandom(seed);
  const acknowledged: Acknowledged[] = [];
  const begun: { at: number; jobId: string }[] = [];

  async function work(lane: number): Promise<void> {
    const name = `name-${lane}`;
    const tokens = new Map<string, string>();
    let jobs: string[] = [];
    let made = 0;

    async function call(jobId: string, ask: () => Promise<Answer>): Promise<Answer> {
      clock.advance(1);
      begun.push({ at: disk.length(), jobId });
      const answer = await ask();
      if (answer.status >= 400) throw new Error(`${answer.status} ${answer.text}`);
      return answer;
    }

    /** Records the job as it is now, which is what the last call has acknowledged: nobody else changes it. */
    async function acknowledge(jobId: string): Promise<void> {
      const at = disk.length();
      const { status, text } = await app.ask('GET', `/v1/jobs/${jobId}`);
      const token = tokens.get(jobId) ?? null;
      acknowledged.push({ at, jobId, text: status === 404 ? null : text, token });
    }

    async function create(): Promise<void> {
      const jobId = `job-${lane}-${made}`;
      made += 1;
      const json = { job_id: jobId, job_name: name, total_sheets: SHEETS };
      await call(jobId, () => app.ask('POST', '/v1/jobs', { json }));
      jobs.push(jobId);
      await acknowledge(jobId);
    }

    async function claim(): Promise<void> {
      const waiting = jobs.filter(jobId => !tokens.has(jobId));
      for (const jobId of waiting) begun.push({ at: disk.length(), jobId });
      const json = { holder: `worker-${lane}`, job_name: name, ttl_seconds: TTL_SECONDS };
      const answer = await app.ask('POST', '/v1/claims', { json });
      if (answer.status === 204) return;
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
      const { token, lease } = answer.json as { token: string; lease: { job_id: string } };
      tokens.set(lease.job_id, token);
      await acknowledge(lease.job_id);
    }

    async function withHeld(
      act: (jobId: string, token: string) => Promise<unknown>,
    ): Promise<void> {
      const [first] = tokens;
      if (first === undefined) return claim();
      const [jobId, token] = first;
      await act(jobId, token);
      await acknowledge(jobId);
    }

    const output = () => 'x'.repeat(Math.floor(random.fraction() * 500));

    const update = () =>
      withHeld(async (jobId, token) => {
        const next = await app.ask('GET', `/v1/jobs/${jobId}/next-sheet`);
        const { next_sheet: sheet } = next.json as { next_sheet: number };
        const status = random.fraction() < 0.7 ? 'completed' : 'in_progress';
        const answer = await call(jobId, () =>
          app.ask('PUT', `/v1/jobs/${jobId}/sheets/${sheet}`, {
            json: { status, ...(status === 'completed' ? { stdout: output() } : {}) },
            headers: { 'Lease-Token': token },
          }),
        );
        if ((answer.json as { status: string }).status !== 'completed') return;
        tokens.delete(jobId);
        jobs = jobs.filter(id => id !== jobId);
      });

    const release = () =>
      withHeld(async (jobId, token) => {
        const headers = { 'Lease-Token': token };
        await call(jobId, () => app.ask('DELETE', `/v1/jobs/${jobId}/lease`, { headers }));
        tokens.delete(jobId);
      });

    const beat = () =>
      withHeld(async (jobId, token) => {
        const headers = { 'Lease-Token': token };
        await call(jobId, () => app.ask('PUT', `/v1/jobs/${jobId}/lease`, { headers }));
      });

    async function remove(): Promise<void> {
      const jobId = jobs.find(id => !tokens.has(id));
      if (jobId === undefined) return create();
      await call(jobId, () => app.ask('DELETE', `/v1/jobs/${jobId}`));
      jobs = jobs.filter(id => id !== jobId);
      await acknowledge(jobId);
    }

    const kinds = [
      create,
      create,
      claim,
      claim,
      update,
      update,
      update,
      update,
      beat,
      release,
      remove,
    ];
    await create();
    for (let done = 0; done < CALLS; done += 1) {
      const kind = kinds[Math.floor(random.fraction() * kinds.length)];
      await kind?.();
    }
  }

  await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane)));
  return { acknowledged, begun };
}

/** What a restarted service has not kept. */
async function losses(
  app: AppClient,
  {
    recorded,
    cut,
    clock,
  }: { readonly recorded: Recorded; readonly cut: number; readonly clock: MovableClock },
): Promise<string[]> {
  const problems: string[] = [];
  const last = new Map<string, Acknowledged>();
  for (const change of recorded.acknowledged) if (change.at <= cut) last.set(change.jobId, change);
  for (const [jobId, { at, text, token }] of last) {
    const answer = await app.ask('GET', `/v1/jobs/${jobId}`);
    // A later call had begun: its change may be there, too.
    if (recorded.begun.some(call => call.jobId === jobId && call.at >= at && call.at <= cut)) {
      if (answer.status !== 200 && answer.status !== 404)
        problems.push(`${jobId} cannot be read: ${answer.text}`);
      if (answer.status === 200 && text !== null && updatedAt(answer.text) < updatedAt(text))
        problems.push(`${jobId} is older than acknowledged`);
      continue;
    }
    if (text === null ? answer.status !== 404 : answer.text !== text)
      problems.push(
        `${jobId} is ${answer.status} ${answer.text.slice(0, 300)}, not ${text?.slice(0, 300)}`,
      );
    if (token === null) continue;
    const headers = { 'Lease-Token': token };
    const renewed = await app.ask('PUT', `/v1/jobs/${jobId}/lease`, { headers });
    if (renewed.status !== 200) problems.push(`${jobId} has lost its holder: ${renewed.text}`);
  }
  problems.push(...(await unclaimable(app, clock)));
  return problems;
}

/** The jobs with sheets to run that no claim finds, once all leases are over. */
async function unclaimable(app: AppClient, clock: MovableClock): Promise<string[]> {
  for (let pass = 0; pass < 2; pass += 1) {
    clock.advance(TTL_SECONDS * 1000 + 70_000);
    await app.ask('POST', '/v1/sweep');
  }
  clock.advance(70_000);
  const claimed = new Set<string>();
  for (;;) {
    const answer = await app.ask('POST', '/v1/claims', { json: { holder: 'last' } });
    if (answer.status !== 201) break;
    claimed.add((answer.json as { lease: { job_id: string } }).lease.job_id);
  }
  const { json } = await app.ask('GET', '/v1/jobs?limit=500');
  const { jobs } = json as { jobs: { job_id: string; status: string }[] };
  return jobs
    .filter(({ job_id: jobId, status }) => status !== 'completed' && !claimed.has(jobId))
    .map(({ job_id: jobId, status }) => `${jobId} is ${status}, and no claim finds it`);
}

function updatedAt(text: string): string {
  return (JSON.parse(text) as { updated_at: string }).updated_at;
}

it.each(Array.from({ length: RUNS }, (_, index) => index + 1))(
  'a cut of power loses nothing that the service has acknowledged, and every job is found by a claim, run %i',
  { timeout: 1_200_000 },
  async seed => {
    const disk = await recordDisk(held.log);
    const clock = frozenClock();
    const store = await openStore(disk.path);
    const app = openApp({ store, clock, seed });
    const recorded = await runWorkers(app, { disk, clock, seed });
    disk.stop();
    await store.close();

    const problems: string[] = [];
    const endMs = clock.millis();
    for (const { folder, at: cut, name } of disk.cuts({
      count: CUTS,
      random: seededRandom(seed),
    })) {
      const reopened = await openStore(folder);
      const later = frozenClock(BigInt(endMs) * 1000n);
      const restarted = openApp({ store: reopened, clock: later, seed: 1000 + cut });
      const found = await losses(restarted, { recorded, cut, clock: later });
      problems.push(...found.map(problem => `${name}: ${problem}`));
      await reopened.close();
    }
    expect(problems).toEqual([]);
  },
);

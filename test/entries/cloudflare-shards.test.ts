import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { claim, type Held, leaseOf } from '../support/leasing.ts';
import { aState } from '../support/state.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { buildWorker } from './cloudflare-bundle.ts';
import { type EmulatedWorker, startEmulation } from './cloudflare-emulation.ts';

const token = await mintAccessToken(systemRandom.secret());
const { script } = await buildWorker();
/** Of a lease, in seconds. A shorter one ends on a busy machine before its claim is answered. */
const TTL = 15;
/** Of one that may not end while the test runs, however long that takes. */
const LONG_TTL = 3_600;

/** Two isolates of one deployment: they share bucket, shards and the objects of the jobs. */
async function start(folder: string) {
  const both = { token, objects: true, vars: { PLAN: 'paid' } };
  const emulation = await startEmulation({
    script,
    folder,
    workers: { one: both, two: { ...both, isolateOf: 'one' } },
  });
  return {
    stop: () => emulation.stop(),
    one: emulation.worker('one'),
    two: emulation.worker('two'),
  };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function createJobs(worker: EmulatedWorker, count: number): Promise<void> {
  const made = numbers(count).map(nth =>
    worker.ask('POST', '/v1/jobs', { json: aState({ job_id: `job-${nth}`, total_sheets: 1_000 }) }),
  );
  for (const { status } of await Promise.all(made)) expect(status).toBe(201);
}

async function listedIds(worker: EmulatedWorker): Promise<string[]> {
  const { json } = await worker.ask('GET', '/v1/jobs?limit=1000');
  return (json as { jobs: { job_id: string }[] }).jobs.map(({ job_id }) => job_id).toSorted();
}

/** Claims until there is no job left, from both isolates by turns. */
async function claimAll(workers: readonly EmulatedWorker[]): Promise<string[]> {
  const granted: string[] = [];
  for (;;) {
    const json = { holder: 'w-2', ttl_seconds: LONG_TTL };
    const answers = await Promise.all(
      workers.map(worker => worker.ask('POST', '/v1/claims', { json })),
    );
    for (const answer of answers) {
      if (answer.status === 201) granted.push(leaseOf(answer).job_id);
    }
    if (answers.every(({ status }) => status === 204)) return granted;
  }
}

describe('a deployment with shards in two isolates', () => {
  it('claims of both at once grant each job once', async () => {
    const { one, two, stop } = await start(await makeTemporaryFolder());
    onTestFinished(stop);
    await createJobs(one, 8);
    const claims = numbers(12).map(nth => {
      const json = { holder: `w-${nth}`, ttl_seconds: LONG_TTL };
      return (nth % 2 === 0 ? one : two).ask('POST', '/v1/claims', { json });
    });
    const answers = await Promise.all(claims);
    const granted = answers.filter(({ status }) => status === 201).map(leaseOf);
    const rest = await claimAll([one, two]);
    const ids = [...granted.map(({ job_id }) => job_id), ...rest];
    expect(answers.filter(({ status }) => ![201, 204].includes(status))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(8);
  });

  it('SIGKILL under load loses nothing that was acknowledged, and each job is found by a list and a claim', async () => {
    const folder = await makeTemporaryFolder();
    const first = await start(folder);
    const { one, two } = first;
    await createJobs(one, 6);
    const held = await Promise.all(numbers(4).map(() => claim(two, { ttl_seconds: TTL })));
    const created = new Set(numbers(6).map(nth => `job-${nth}`));
    let stopped: Promise<void> | null = null;
    const completed: { readonly id: string; readonly sheet: number }[] = [];

    /** Until the process is gone. */
    async function work(worker: EmulatedWorker, { answer, headers }: Held): Promise<void> {
      const { job_id: id } = leaseOf(answer);
      for (let sheet = 1; ; sheet += 1) {
        const json = { status: 'completed' };
        const path = `/v1/jobs/${id}`;
        const updated = await worker.ask('PUT', `${path}/sheets/${sheet}`, { json, headers });
        if (updated.status === 200) completed.push({ id, sheet });
        await worker.ask('PUT', `${path}/lease`, { headers });
        const other = `${id}-${sheet}`;
        const made = await worker.ask('POST', '/v1/jobs', { json: aState({ job_id: other }) });
        if (made.status === 201) created.add(other);
        if (completed.length >= 10) stopped ??= first.stop();
      }
    }

    await Promise.allSettled(held.map((lease, nth) => work(nth % 2 === 0 ? one : two, lease)));
    expect(completed.length).toBeGreaterThanOrEqual(10);

    const second = await start(folder);
    onTestFinished(second.stop);
    const listed = await listedIds(second.one);
    expect([...created].filter(id => !listed.includes(id))).toEqual([]);
    for (const { id, sheet } of completed) {
      const { json } = await second.two.ask('GET', `/v1/jobs/${id}`);
      expect(json).toMatchObject({ sheets: { [sheet]: { status: 'completed' } } });
    }
    // The alarms free the jobs of the holders that are gone.
    const granted: string[] = [];
    const allAreGranted = async () => {
      granted.push(...(await claimAll([second.one, second.two])));
      expect(granted.toSorted()).toEqual(listed);
    };
    await vi.waitFor(allAreGranted, { interval: 500, timeout: 120_000 });
  });
});

import { describe, expect, it } from 'vitest';
import type { Random } from '../../lib/base/random.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { unsteadyStore } from '../simulation/unsteady-store.ts';
import { STORE_KINDS } from '../stores/store-kinds.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';

const SEEDS = seeds(1);
const JOBS = 12;
const WORKERS = 6;
const SHEETS = 3;
const BULK_CALLS = 16;

/** The sheets of each job whose completion the service has acknowledged, and what it refused to holders. */
interface Notes {
  readonly sheets: ReadonlyMap<string, Set<number>>;
  readonly refused: string[];
}

type BulkCall = Readonly<Record<string, unknown>>;

/** They take jobs from their holders, and delete completed jobs alone. */
const FORCED: readonly BulkCall[] = [
  { action: 'pause', filter: { status: 'running' } },
  { action: 'pause', filter: { standing: 'held' }, force: true },
  { action: 'resume', filter: { status: 'paused,failed' } },
  { action: 'cancel', filter: { status: 'running', q: '-3' } },
  { action: 'fail', filter: { standing: 'held', job_name: 'red' }, force: true },
  { action: 'complete', filter: { job_name: 'red', status: 'paused' } },
  { action: 'delete', filter: { status: 'completed' } },
  { action: 'delete', filter: { standing: 'finished', status: 'completed' }, force: true },
];

/** They take no job from its holder. */
const UNFORCED: readonly BulkCall[] = [
  { action: 'pause', filter: { status: 'running' } },
  { action: 'pause', filter: { standing: 'waiting' } },
  { action: 'resume', filter: { all: true } },
  { action: 'fail', filter: { job_name: 'red' } },
  { action: 'complete', filter: { status: 'paused', q: '-3' } },
  { action: 'delete', filter: { status: 'paused,failed' } },
  { action: 'delete', filter: { q: '-1' } },
];

async function work(app: AppClient, holder: string, notes: Notes): Promise<void> {
  for (let round = 0; round < JOBS; round += 1) {
    const claim = await app.ask('POST', '/v1/claims', { json: { holder } });
    if (claim.status === 201) await run(app, claim, notes);
  }
}

/** Runs a claimed job to its end, or until an operator wants it or has taken it. */
async function run(app: AppClient, claim: Answer, { sheets, refused }: Notes): Promise<void> {
  const { token, lease, next_sheet } = claim.json as {
    token: string;
    lease: { job_id: string };
    next_sheet: number | null;
  };
  const path = `/v1/jobs/${lease.job_id}`;
  const headers = { 'Lease-Token': token };
  const isRefused = ({ status, text }: Answer) => {
    if (status !== 200) refused.push(text);
    return status !== 200;
  };
  for (let sheet = next_sheet ?? SHEETS + 1; sheet <= SHEETS; sheet += 1) {
    for (const status of ['in_progress', 'completed']) {
      const put = await app.ask('PUT', `${path}/sheets/${sheet}`, { json: { status }, headers });
      if (isRefused(put)) return;
      if (status === 'completed') sheets.get(lease.job_id)?.add(sheet);
    }
    // The last update has ended the lease.
    if (sheet === SHEETS) return;
    const beat = await app.ask('PUT', `${path}/lease`, { headers });
    if (isRefused(beat)) return;
    const { requested } = beat.json as { requested: string | null };
    if (requested === null) continue;
    isRefused(await app.ask('POST', `${path}/${requested}`, { headers }));
    return;
  }
}

async function operate(app: AppClient, calls: readonly BulkCall[], random: Random): Promise<void> {
  for (let nth = 0; nth < BULK_CALLS; nth += 1) {
    const at = Math.floor(random.fraction() * calls.length);
    const json = { ...calls[at], limit: 1 + Math.floor(random.fraction() * 6) };
    const report = await app.ask('POST', '/v1/bulk', { json });
    expect([report.status, report.text]).toEqual([200, expect.not.stringMatching('"internal"')]);
    const { matched, done, pending, skipped } = report.json as Record<string, number> & {
      skipped: readonly unknown[];
    };
    expect(matched).toBe((done ?? 0) + (pending ?? 0) + skipped.length);
  }
}

/** Lets workers and operators of three processes race. What the service has told the workers, and what is stored then. */
async function race(store: ObjectStore, calls: readonly BulkCall[], seed: number) {
  const random = seededRandom(seed);
  const unsteady = unsteadyStore(store, { random, failureShare: 0 });
  const clock = frozenClock();
  const open = (nth: number) => openApp({ store: unsteady.store, clock, seed: seed * 10 + nth });
  const [first, second, third] = [open(1), open(2), open(3)];
  const sheets = new Map<string, Set<number>>();
  const notes: Notes = { sheets, refused: [] };
  for (let nth = 0; nth < JOBS; nth += 1) {
    const job_id = `job-${nth}`;
    sheets.set(job_id, new Set());
    await first.create({ job_id, job_name: nth % 3 === 0 ? 'red' : 'blue', total_sheets: SHEETS });
  }
  const workers = Array.from({ length: WORKERS }, (_, nth) =>
    work(nth % 2 === 0 ? first : second, `w-${nth}`, notes),
  );
  await Promise.all([...workers, operate(third, calls, random), operate(first, calls, random)]);
  unsteady.calm();
  /** The completed sheets of each job that is still there. */
  const stored = new Map<string, Set<number>>();
  for (const jobId of sheets.keys()) {
    const { status, json } = await first.ask('GET', `/v1/jobs/${jobId}`);
    if (status === 404) continue;
    const state = json as { sheets: Record<string, { status: string }> };
    const completed = Object.entries(state.sheets).filter(([, one]) => one.status === 'completed');
    stored.set(jobId, new Set(completed.map(([sheet]) => Number(sheet))));
  }
  return { ...notes, stored };
}

describe.each(Object.entries(STORE_KINDS))(
  'bulk actions that race workers on %s',
  (_name, openStore) => {
    it.each(SEEDS)(
      'lose no update that was acknowledged, and delete only what the filter takes (seed %d)',
      async seed => {
        const { sheets, stored } = await race(await openStore(() => 0), FORCED, seed);
        for (const [jobId, acknowledged] of sheets) {
          expect([jobId, [...(stored.get(jobId) ?? acknowledged)]]).toEqual([
            jobId,
            expect.arrayContaining([...acknowledged]),
          ]);
        }
        // An operator completes no blue job, so a deleted one was completed by its workers.
        const isBlue = (jobId: string) => Number(jobId.slice('job-'.length)) % 3 !== 0;
        const deleted = [...sheets].filter(([jobId]) => isBlue(jobId) && !stored.has(jobId));
        expect(deleted.filter(([, acknowledged]) => acknowledged.size < SHEETS)).toEqual([]);
      },
    );

    it.each(SEEDS)('refuse a holder nothing where they are not forced (seed %d)', async seed => {
      const { sheets, stored, refused } = await race(await openStore(() => 0), UNFORCED, seed);
      expect(refused).toEqual([]);
      for (const [jobId, completed] of stored)
        expect([jobId, [...completed]]).toEqual([jobId, [...(sheets.get(jobId) ?? [])]]);
    });
  },
);

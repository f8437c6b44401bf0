import { describe, expect, it } from 'vitest';
import { drain } from '../../../lib/move/drain.ts';
import type { DrainCursor } from '../../../lib/move/record.ts';
import { labelOfMoved } from '../../../lib/storage/moved-label.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { createMovingStore, type MovingStore } from '../../../lib/stores/moving.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { createBucketFake } from '../../cost/bucket-fake.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { frozenClock, type MovableClock } from '../../support/clock.ts';
import { seededRandom } from '../../support/random.ts';
import { createTurns } from './turns.ts';

/*
 * Workers of an earlier version, which know the old medium alone, and of this one, with jobs that are claimed, renewed, updated
 * and released while leases and hints move. Every operation of a store waits for its turn, by the numbers of a seed.
 */

const SEEDS = Number(process.env['MOVE_SEEDS'] ?? 5);
const JOBS = 6;
const SHEETS = 6;
const TTL_SECONDS = 60;
const ROUND_MS = 10_000;
const START_ROUND = 4;
const ROUNDS = 12;

/** Jobs in one medium, with the rest in another. */
function withJobsOf(jobs: ObjectStore, rest: ObjectStore): ObjectStore {
  const of = (key: string): ObjectStore => (key.startsWith('jobs/') ? jobs : rest);
  return {
    ...rest,
    get: key => of(key).get(key),
    head: key => of(key).head(key),
    put: (key, ...args) => of(key).put(key, ...args),
    delete: (key, ...args) => of(key).delete(key, ...args),
    list: (prefix, ...args) => of(prefix).list(prefix, ...args),
    follow: prefix => of(prefix).follow(prefix),
    followNames: prefix => of(prefix).followNames(prefix),
  };
}

interface Held {
  readonly jobId: string;
  readonly token: string;
  sheet: number | null;
}

interface Worker {
  /** One request, or a heartbeat and another one. */
  act(app: AppClient): Promise<void>;
  /** From now on it does nothing any more. */
  die(): void;
}

interface Ledger {
  /** By job: the sheets whose completion was acknowledged. */
  readonly completed: Map<string, Set<number>>;
  readonly faults: string[];
}

function createWorker(name: string, seed: number, { completed, faults }: Ledger): Worker {
  const random = seededRandom(seed);
  let held: Held | null = null;
  let isDead = false;

  async function claim(app: AppClient): Promise<void> {
    const answer = await app.ask('POST', '/v1/claims', {
      json: { holder: name, ttl_seconds: TTL_SECONDS },
    });
    if (answer.status !== 201) return;
    const {
      token,
      lease,
      next_sheet: sheet,
    } = answer.json as {
      token: string;
      lease: { job_id: string };
      next_sheet: number | null;
    };
    held = { token, jobId: lease.job_id, sheet };
  }

  function lost(what: string, answer: { status: number; text: string }): void {
    faults.push(`${name} lost its job at ${what}: ${answer.status} ${answer.text}`);
    held = null;
  }

  async function work(app: AppClient, job: Held): Promise<void> {
    const headers = { 'Lease-Token': job.token };
    const beat = await app.ask('PUT', `/v1/jobs/${job.jobId}/lease`, { headers });
    if (beat.status !== 200) return lost('a heartbeat', beat);
    if (job.sheet === null || random.fraction() < 0.2) {
      const released = await app.ask('DELETE', `/v1/jobs/${job.jobId}/lease`, { headers });
      if (released.status !== 204) return lost('its release', released);
      held = null;
      return;
    }
    const { sheet } = job;
    const updated = await app.ask('PUT', `/v1/jobs/${job.jobId}/sheets/${sheet}`, {
      json: { status: 'completed' },
      headers,
    });
    if (updated.status !== 200) return lost('an update', updated);
    completed.set(job.jobId, (completed.get(job.jobId) ?? new Set()).add(sheet));
    ({ next_sheet: job.sheet } = updated.json as { next_sheet: number | null });
    // The job is completed, and its lease is over.
    if (job.sheet === null) held = null;
  }

  return {
    async act(app) {
      if (isDead) return;
      await (held === null ? claim(app) : work(app, held));
    },
    die() {
      isDead = true;
    },
  };
}

interface World {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  readonly clock: MovableClock;
  readonly startsAtMs: number;
}

/** In R2 equal bytes have equal versions, and a deletion is not conditional. */
const DIRECTIONS = ['out of R2', 'into R2'] as const;
type Direction = (typeof DIRECTIONS)[number];

function openWorld(direction: Direction): World {
  const clock = frozenClock();
  const r2 = createR2Store({ bucket: createBucketFake() });
  const other = withJobsOf(r2, createMemoryStore());
  const [from, to] = direction === 'out of R2' ? [r2, other] : [other, r2];
  return { from, to, clock, startsAtMs: clock.millis() + START_ROUND * ROUND_MS + ROUND_MS / 2 };
}

async function keysIn(store: ObjectStore, folder: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(folder)) keys.push(key);
  return keys;
}

async function run(
  seed: number,
  direction: Direction,
): Promise<{ world: World; ledger: Ledger; end: AppClient }> {
  const world = openWorld(direction);
  const { from, to, clock, startsAtMs } = world;
  const random = seededRandom(seed);
  const turns = createTurns(random);
  const openMoving = (): MovingStore =>
    createMovingStore({
      from: turns.on(from),
      to: turns.on(to),
      stays: 'jobs',
      startsAtMs,
      nowMs: () => clock.millis(),
      labelOf: labelOfMoved,
    });
  const parts = { clock, pause: async () => {} };
  const old = openApp({ ...parts, store: turns.on(from), seed: seed * 100 });
  const apps = [1, 2].map(at => openApp({ ...parts, store: openMoving(), seed: seed * 100 + at }));
  const first = openApp({ ...parts, store: from, seed: seed * 100 + 9 });
  for (let at = 0; at < JOBS; at += 1) {
    await first.create({ job_id: `job-${at}`, total_sheets: SHEETS });
  }

  const ledger: Ledger = { completed: new Map(), faults: [] };
  const workers = [0, 1, 2, 3].map(at => createWorker(`w-${at}`, seed * 10 + at, ledger));
  const moving = openMoving();
  let cursor: DrainCursor | null = null;
  let isDrained = false;

  async function sweepBy(app: AppClient): Promise<void> {
    await app.ask('POST', '/v1/sweep');
  }

  async function drainSome(): Promise<void> {
    const report = await drain({ from, moving }, { cursor, limit: 3 });
    ({ cursor } = report);
    isDrained = cursor === null;
  }

  for (let round = 0; round < ROUNDS || !isDrained; round += 1) {
    if (round === 6) workers[3]?.die();
    const isOld = round < START_ROUND - 1;
    const tasks = workers.map((worker, at) => {
      const pick = Math.floor(random.fraction() * (isOld ? 3 : 2));
      return worker.act(pick === 2 ? old : (apps[(pick + at) % 2] ?? old));
    });
    const isMoving = round > START_ROUND;
    if (isMoving) tasks.push(drainSome());
    if (round % 3 === 2) tasks.push(sweepBy(apps[0] ?? old));
    // The move starts between two operations of the requests of a round.
    let steps = Math.floor(random.fraction() * 60);
    let isAhead = false;
    const jump = (): void => {
      isAhead = true;
      clock.advance(ROUND_MS);
    };
    await turns.runAll(tasks, () => {
      steps -= 1;
      if (steps === 0) jump();
    });
    if (!isAhead) jump();
    if (round > 200) throw new Error('The move does not end');
  }

  return { world, ledger, end: openApp({ ...parts, store: to, seed: seed * 100 + 8 }) };
}

describe.each(DIRECTIONS)(
  'a move %s while jobs are claimed, renewed, updated and released',
  direction => {
    const seeds = Array.from({ length: SEEDS }, (_, at) => at + 1);

    it.each(seeds)('loses no update, no lease and no waiting job (seed %i)', async seed => {
      const { world, ledger, end } = await run(seed, direction);
      expect(ledger.faults).toEqual([]);
      expect(await keysIn(world.from, 'leases/')).toEqual([]);
      expect(await keysIn(world.from, 'ready/')).toEqual([]);

      for (const [jobId, sheets] of ledger.completed) {
        const answer = await end.ask('GET', `/v1/jobs/${jobId}`);
        const { sheets: stored } = answer.json as { sheets: Record<string, { status: string }> };
        const done = Object.entries(stored).filter(([, { status }]) => status === 'completed');
        const numbers = new Set(done.map(([number]) => Number(number)));
        expect([...sheets].filter(sheet => !numbers.has(sheet))).toEqual([]);
      }

      // Every job that is not finished can be claimed from the new medium, when all leases have ended.
      world.clock.advance(TTL_SECONDS * 1000 + 10_000);
      await end.ask('POST', '/v1/sweep');
      world.clock.advance(TTL_SECONDS * 1000);
      const { json } = await end.ask('GET', '/v1/jobs?status=pending,running,paused');
      const open = (json as { jobs: { job_id: string }[] }).jobs.map(job => job.job_id).toSorted();
      const claimed = await end.ask('POST', '/v1/claims', {
        json: { holder: 'last', max: 100 },
        headers: { Prefer: 'return=minimal' },
      });
      const { grants } = (claimed.json ?? { grants: [] }) as {
        grants: { lease: { job_id: string } }[];
      };
      expect(grants.map(({ lease }) => lease.job_id).toSorted()).toEqual(open);
    });
  },
);

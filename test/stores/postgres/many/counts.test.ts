import { describe, expect, it } from 'vitest';
import { alwaysAvailable } from '../../../../lib/availability/availability.ts';
import { UNLIMITED } from '../../../../lib/checkpoint/limits.ts';
import { createJobCounter } from '../../../../lib/live/job-counts.ts';
import { createLiveReader } from '../../../../lib/live/live-reader.ts';
import { createContext } from '../../../../lib/protocol/context.ts';
import { createJobList } from '../../../../lib/storage/lists/job-list.ts';
import { createProcessMemory } from '../../../../lib/storage/process-memory.ts';
import { type ObjectStore, UNCONDITIONAL } from '../../../../lib/store.ts';
import { openApp } from '../../../support/app.ts';
import { frozenClock, type MovableClock } from '../../../support/clock.ts';
import { seeds } from '../../../support/effort.ts';
import { seededRandom } from '../../../support/random.ts';
import { diceOf } from '../../shards/dice.ts';
import { usePostgresWorld } from '../world.ts';

const SEEDS = seeds(2);
const ROUNDS = 6;
const JOBS = 12;

const { open } = usePostgresWorld();

/** What a service counts that visits so many unfinished jobs, and judges each of them. */
function counterOf(store: ObjectStore, clock: MovableClock, mostVisited: number) {
  const context = createContext({
    store,
    clock,
    random: seededRandom(),
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    limits: UNLIMITED,
    availability: alwaysAvailable,
  });
  const list = createJobList({ store, reader: context.reader, mostVisited });
  return createJobCounter(context, { list, live: createLiveReader(context), limit: null });
}

/** A service whose clients do one thing after the other, what the dice say. */
function openWorld(store: ObjectStore, clock: MovableClock, seed: number) {
  const app = openApp({ store, clock, seed });
  const dice = diceOf(seed);
  const tokens = new Map<string, string>();
  const post = (path: string, json: unknown = {}) => app.ask('POST', path, { json });
  const job = () => `/v1/jobs/job-${dice.upTo(JOBS)}`;

  async function claim(): Promise<void> {
    const ttl_seconds = dice.of([9, 60]);
    const { status, text } = await post('/v1/claims', { holder: dice.of(['a', 'b']), ttl_seconds });
    if (status !== 201) return;
    const { token, lease } = JSON.parse(text);
    tokens.set(lease.job_id, token);
  }

  async function held(method: string, path: string, json?: unknown): Promise<void> {
    const [id, token] = dice.of([...tokens, ['none', '']]);
    const headers: Record<string, string> = { 'Lease-Token': token };
    await app.ask(method, `/v1/jobs/${id}${path}`, { headers, json });
  }

  const actions: readonly (() => Promise<unknown>)[] = [
    () =>
      post('/v1/jobs', {
        job_id: `job-${dice.upTo(JOBS)}`,
        job_name: dice.of(['One', 'Two']),
        total_sheets: 2,
      }),
    claim,
    claim,
    () => held('PUT', '/sheets/1', { status: 'completed' }),
    () => held('PUT', '/sheets/2', { status: dice.of(['completed', 'failed']) }),
    () => held('PUT', '/lease'),
    () => held('DELETE', '/lease'),
    () => post(`${job()}/${dice.of(['pause', 'resume', 'cancel', 'fail'])}`),
    () => app.ask('PUT', `${job()}/sheets/1`, { json: { status: 'in_progress' } }),
    () => app.ask('DELETE', job()),
    () => post('/v1/sweep'),
  ];
  return {
    async act(): Promise<void> {
      await dice.of(actions)();
      clock.advance(dice.of([0, 1, 1_000, 7_000]));
    },
  };
}

describe('statistics of many jobs', () => {
  it.each(SEEDS)('are what a look at each job finds, with seed %i', async seed => {
    const clock = frozenClock();
    const store = open();
    const world = openWorld(store, clock, seed);
    const visiting = counterOf(store, clock, JOBS);
    const counting = counterOf(store, clock, 0);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let step = 0; step < 12; step += 1) await world.act();
      const { counts } = await visiting.count('');
      expect({ round, ...(await counting.count('')).counts }).toEqual({ round, ...counts });
    }
  });

  it('count a hint that is left over, but not as the one that waits for longest', async () => {
    const clock = frozenClock();
    const store = open();
    const app = openApp({ store, clock });
    const body = new Uint8Array();
    await store.put('ready/20200101T000000.000000Z.000000000000~gone', body, UNCONDITIONAL);
    for (const job_id of ['a', 'b', 'c']) {
      await app.create({ job_id });
      clock.advance(1_000);
    }
    await app.ask('POST', '/v1/jobs/b/pause');
    await app.ask('POST', '/v1/jobs/a/pause');
    const { counts } = await counterOf(store, clock, 0).count('');
    expect(counts).toMatchObject({
      total: 3,
      standing: { waiting: 2, resting: 1 },
      oldest_waiting_at: '2026-03-04T05:06:09Z',
      at_least: false,
    });
  });

  it('of one prefix are of its jobs', async () => {
    const clock = frozenClock();
    const app = openApp({ store: open(), clock });
    for (const job_id of ['a.1', 'a.2', 'a_3', 'b']) await app.create({ job_id });
    const { counts } = await counterOf(app.store, clock, 0).count('a.');
    expect(counts).toMatchObject({ total: 2, jobs: { pending: 2 }, standing: { waiting: 2 } });
  });
});

import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { manualAlarm } from '../storage/manual-alarm.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';
import { type Acknowledged, simulatedWorker } from './simulated-worker.ts';
import { unsteadyStore } from './unsteady-store.ts';
import { grantOf, withToken } from './world.ts';

const SEEDS = seeds(6);
const JOB_IDS = ['etl-1', 'etl-2', 'etl-3'];
const SHEETS = 4;
const WAVES = 60;

/** Workers, sweeps and operators on two applications that share an unsteady store and keep renewals in memory. */
async function simulate(seed: number) {
  const random = seededRandom(seed);
  const clock = frozenClock();
  const inner = createMemoryStore();
  const unsteady = unsteadyStore(inner, { random, failureShare: 0.02 });
  const alarms = [manualAlarm(clock), manualAlarm(clock)];
  const apps = alarms.map(({ alarm }, index) =>
    openApp({ store: unsteady.store, clock, alarm, seed: seed * 10 + index + 1 }),
  );
  const calm = openApp({ store: inner, clock, seed: seed * 10 });
  const any = (): AppClient => apps[Math.floor(random.fraction() * apps.length)] ?? calm;
  for (const jobId of JOB_IDS) await calm.create({ job_id: jobId, total_sheets: SHEETS });

  const facts: Acknowledged[] = [];
  const workers = Array.from({ length: 4 }, (_, index) =>
    simulatedWorker(any, {
      name: `w-${index}`,
      random,
      acknowledge: fact => void facts.push(fact),
    }),
  );

  async function meddle(): Promise<void> {
    const jobId = JOB_IDS[Math.floor(random.fraction() * JOB_IDS.length)] ?? '';
    const call = ['pause', 'resume', 'resume', 'pause?force=true'][
      Math.floor(random.fraction() * 4)
    ];
    await any().ask('POST', `/v1/jobs/${jobId}/${call}`);
  }

  for (let wave = 0; wave < WAVES; wave += 1) {
    clock.advance(Math.floor(random.fraction() ** 4 * 15_000));
    const others = [
      random.fraction() < 0.3 ? any().ask('POST', '/v1/sweep') : null,
      random.fraction() < 0.1 ? meddle() : null,
      ...alarms.map(alarm => alarm.ring()),
    ];
    await Promise.all([...workers.map(worker => worker.act()), ...others]);
  }
  unsteady.calm();
  await Promise.all(apps.map(app => app.repository.flush()));
  return { facts, calm, clock, inner };
}

/** One good worker takes over what is left. */
async function finish(app: AppClient): Promise<void> {
  for (const jobId of JOB_IDS) await app.ask('POST', `/v1/jobs/${jobId}/resume`);
  for (let claims = 0; claims < 100; claims += 1) {
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'last' } });
    if (claimed.status === 204) return;
    const { token, lease } = grantOf(claimed);
    let { next_sheet: sheet } = claimed.json as { next_sheet: number | null };
    while (sheet !== null) {
      const path = `/v1/jobs/${lease.job_id}/sheets/${sheet}`;
      const json = { status: 'completed' };
      const updated = await app.ask('PUT', path, { json, ...withToken(token) });
      sheet = (updated.json as { next_sheet: number | null }).next_sheet;
    }
  }
}

function ofJob(facts: readonly Acknowledged[], jobId: string): Acknowledged[] {
  return facts
    .filter(fact => fact.jobId === jobId)
    .toSorted((left, right) => left.order - right.order);
}

function falls(numbers: readonly number[], allowEqual: boolean): boolean {
  return numbers.some((number, index) => {
    const before = numbers[index - 1] ?? 0;
    return allowEqual ? number < before : number <= before;
  });
}

describe.each(SEEDS)('workers without manners on an unsteady store, seed %i', seed => {
  it('never write under an older epoch, and what was acknowledged is never lost', async () => {
    const { facts, calm, clock, inner } = await simulate(seed);
    expect(facts.length).toBeGreaterThan(10);
    for (const jobId of JOB_IDS) {
      const own = ofJob(facts, jobId);
      const grants = own.filter(({ kind }) => kind === 'granted').map(({ epoch }) => epoch);
      expect(falls(grants, false), `grants of ${jobId}: ${grants.join()}`).toBe(false);
      const writes = own.map(({ epoch }) => epoch);
      expect(falls(writes, true), `writes to ${jobId}: ${writes.join()}`).toBe(false);
    }

    clock.advance(3_600_000);
    await calm.ask('POST', '/v1/sweep');
    const leases: string[] = [];
    for await (const { key } of inner.list('leases/')) leases.push(key);
    expect(leases).toEqual([]);

    const completed = facts.filter(({ kind }) => kind === 'completed');
    for (const { jobId, sheet } of completed) {
      const state = (await calm.ask('GET', `/v1/jobs/${jobId}`)).json;
      expect(state).toMatchObject({ sheets: { [sheet ?? 0]: { status: 'completed' } } });
    }
    await finish(calm);
    const listed = await calm.ask('GET', '/v1/jobs?status=completed');
    expect((listed.json as { jobs: unknown[] }).jobs).toHaveLength(JOB_IDS.length);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { ABSENT, type ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';
import { aState } from '../support/state.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';
import { unsteadyStore } from './unsteady-store.ts';
import { grantOf, withToken } from './world.ts';

const STORES = {
  'makes each write in a step of its own': () => createMemoryStore(),
  'makes several writes in one step': () => withJointWrites(createMemoryStore()),
} as const;
type StoreName = keyof typeof STORES;

const SEEDS: readonly (readonly [StoreName, number])[] = [
  ...seeds(5).map(seed => ['makes each write in a step of its own', seed] as const),
  ...seeds(2).map(seed => ['makes several writes in one step', seed] as const),
];
const JOB_IDS = ['a', 'b', 'c', 'd'];
const NAMES = ['One', 'Two', 'Three'];
const WAVES = 30;

/** Lets the others go on for some turns. With a timer a seed would not tell the order. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

/** How the jobs come to wait, one after the other. */
const WAITS: readonly ((app: AppClient, job_id: string) => Promise<unknown>)[] = [
  (app, job_id) => app.create({ job_id }),
  async (app, job_id) => {
    await app.create({ job_id, status: 'paused' });
    await app.ask('POST', `/v1/jobs/${job_id}/resume`);
  },
  async (app, job_id) => {
    await app.create({ job_id });
    const leased = await app.ask('POST', `/v1/jobs/${job_id}/lease`, { json: { holder: 'w' } });
    await app.ask('DELETE', `/v1/jobs/${job_id}/lease`, withToken(grantOf(leased).token));
  },
];

/** Saves and new names by several processes on an unsteady store, some of which come and go. */
async function simulate(seed: number, inner: ObjectStore) {
  const random = seededRandom(seed);
  const clock = frozenClock();
  const unsteady = unsteadyStore(inner, { random, failureShare: 0.1 });
  const pick = <T>(items: readonly T[]) => items[Math.floor(random.fraction() * items.length)];
  const calm = openApp({ store: inner, clock, seed: seed * 100, pause: turns });
  for (const [index, jobId] of JOB_IDS.entries()) {
    await WAITS[(seed + index) % WAITS.length]?.(calm, jobId);
    clock.advance(1);
  }

  let opened = 0;
  const open = () => {
    opened += 1;
    return openApp({ store: unsteady.store, clock, seed: seed * 100 + opened, pause: turns });
  };
  let apps = [open(), open(), open()];

  async function save(): Promise<void> {
    const path = `/v1/jobs/${pick(JOB_IDS)}`;
    const app = pick(apps) ?? calm;
    const loaded = await app.ask('GET', path);
    if (loaded.status !== 200) return;
    const stored = loaded.json as Record<string, unknown>;
    const job_name = random.fraction() < 0.5 ? stored['job_name'] : pick(NAMES);
    const headers = { 'If-Match': random.fraction() < 0.3 ? '*' : (loaded.header('etag') ?? '*') };
    await app.ask('PUT', path, { headers, json: { ...aState(), ...stored, job_name } });
  }

  /** It gets none, and puts hints right that it comes by. */
  async function askForNone(): Promise<void> {
    const json = { holder: 'w', job_name: 'Of no job' };
    await (pick(apps) ?? calm).ask('POST', '/v1/claims', { json });
  }

  for (let wave = 0; wave < WAVES; wave += 1) {
    if (random.fraction() < 0.3) clock.advance(Math.floor(random.fraction() * 2000));
    if (random.fraction() < 0.2) apps = [open(), ...apps.slice(1)];
    await Promise.all([save(), save(), save(), askForNone()]);
  }
  unsteady.calm();
  return { clock, inner };
}

async function copyOf(store: ObjectStore): Promise<ObjectStore> {
  const copy = createMemoryStore();
  for (const folder of ['jobs/', 'leases/', 'ready/']) {
    for await (const { key, label } of store.list(folder)) {
      const object = await store.get(key);
      if (object !== null) await copy.put(key, object.body, ABSENT, label ?? undefined);
    }
  }
  return copy;
}

async function claimed(app: AppClient, job_name: string | null): Promise<string | null> {
  const answer = await app.ask('POST', '/v1/claims', { json: { holder: 'last', job_name } });
  return answer.status === 204 ? null : grantOf(answer).lease.job_id;
}

describe.each(SEEDS)(
  'saves of waiting jobs on an unsteady store that %s, seed %i',
  (storeName, seed) => {
    let clock: MovableClock;
    let outcome: ObjectStore;

    beforeAll(async () => {
      ({ clock, inner: outcome } = await simulate(seed, STORES[storeName]()));
    });

    /** A process that comes after the others, on a copy of what they have left. */
    async function lastProcess() {
      const inner = await copyOf(outcome);
      // Where nobody else is thought to write jobs, claims trust the hints.
      const trusted = { ...inner, traits: { ...inner.traits, labels: true } };
      return { inner, last: openApp({ store: trusted, clock, seed: seed * 100 + 99 }) };
    }

    it('leave every job its place', async () => {
      const { last } = await lastProcess();
      const got: (string | null)[] = [];
      for (const _ of JOB_IDS) got.push(await claimed(last, null));
      expect(got).toEqual(JOB_IDS);
    });

    it('leave every job to be claimed by its name', async () => {
      const { last, inner } = await lastProcess();
      for (const jobId of JOB_IDS) {
        const why = await last.ask('GET', `/v1/jobs/${jobId}/why`);
        expect(why.json).toMatchObject({ standing: 'waiting' });
      }
      const got: string[] = [];
      for (const name of ['A job', ...NAMES]) {
        for (let id = await claimed(last, name); id !== null; id = await claimed(last, name)) {
          got.push(id);
        }
      }
      expect(got.toSorted()).toEqual(JOB_IDS);

      // What processes left behind that died goes with the claims that come by it.
      clock.advance(3_600_001);
      for (const _ of JOB_IDS) await claimed(openApp({ store: inner, clock, seed: 0 }), null);
      const left: string[] = [];
      for await (const { key } of inner.list('ready/')) left.push(key);
      expect(left).toEqual([]);
    });
  },
);

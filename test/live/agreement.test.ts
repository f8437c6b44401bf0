import { describe, expect, it } from 'vitest';
import { type Availability, alwaysAvailable } from '../../lib/availability/availability.ts';
import { JobStatus } from '../../lib/checkpoint/status.ts';
import { graceEnd } from '../../lib/lease/interruption.ts';
import { STANDINGS } from '../../lib/lease/standing.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { manualAlarm } from '../storage/manual-alarm.ts';
import { STORE_KINDS } from '../stores/store-kinds.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { keysOf } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const SEEDS = seeds(1);
const KINDS = Object.entries(STORE_KINDS);
const STEPS = 45;
const JOB_IDS = ['a', 'b/1', 'c', 'ü'];

const NOTHING = new Uint8Array();
const ANY = { kind: 'none' } as const;

/** The service was down for a minute when it started. */
function interruptedAt(clock: MovableClock): Availability {
  const interruption = { endedAt: clock.now(), seconds: 60 };
  return {
    ...alwaysAvailable,
    getReachability: async now => ({
      graceEndOf: (_key, lease) => graceEnd([interruption], lease, now),
    }),
  };
}

/** One process of the service, another one, and other programs, which do what they like. */
async function makeWorld(store: ObjectStore, clock: MovableClock, seed: number) {
  const random = seededRandom(seed);
  const availability = seed % 2 === 0 ? interruptedAt(clock) : alwaysAvailable;
  const ring = manualAlarm(clock);
  const app = openApp({ store, clock, seed, availability, alarm: ring.alarm });
  const other = openApp({ store, clock, seed: seed + 100, availability });
  const tokens = new Map<string, string>();
  const pick = <T>(items: readonly T[]): T | undefined =>
    items[Math.floor(random.fraction() * items.length)];
  const job = () => encodeURIComponent(pick(JOB_IDS) ?? '');
  const caller = () => (random.fraction() < 0.8 ? app : other);

  function note(answer: { readonly status: number; readonly text: string }): void {
    if (answer.status !== 201) return;
    const { token, lease } = JSON.parse(answer.text);
    tokens.set(lease.job_id, token);
  }

  async function withToken(method: string, path: string, json?: unknown): Promise<void> {
    const jobId = pick([...tokens.keys()]);
    if (jobId === undefined) return;
    const headers = { 'Lease-Token': tokens.get(jobId) ?? '' };
    const target = `/v1/jobs/${encodeURIComponent(jobId)}${path}`;
    await caller().ask(method, target, { headers, ...(json === undefined ? {} : { json }) });
  }

  async function mangle(prefix: string, change: (text: string) => string | null): Promise<void> {
    const key = pick(await keysOf(store, prefix));
    const object = key === undefined ? null : await store.get(key);
    if (key === undefined || object === null) return;
    const text = change(new TextDecoder().decode(object.body));
    if (text === null) await store.delete(key, ANY);
    else await store.put(key, new TextEncoder().encode(text), ANY);
  }

  const rarely = async (action: () => Promise<unknown>) => random.fraction() < 0.3 && action();
  const lease = (json: object) => ({ json: { holder: pick(['w-1', 'w-2']), ...json } });
  const rename = () => mangle('jobs/', text => text.replace(/"(?:One|Two)"/, '"Three"'));
  const actions: readonly (() => Promise<unknown>)[] = [
    () =>
      app.ask('POST', '/v1/jobs', {
        json: { job_id: pick(JOB_IDS), job_name: pick(['One', 'Two']), total_sheets: 2 },
      }),
    async () => note(await caller().ask('POST', '/v1/claims', lease({ ttl_seconds: 9 }))),
    async () => note(await caller().ask('POST', '/v1/claims', lease({ ttl_seconds: 60 }))),
    async () => note(await caller().ask('POST', '/v1/claims', lease({ ttl_seconds: 60 }))),
    async () => note(await caller().ask('POST', '/v1/claims', lease({ ttl_seconds: 60 }))),
    async () =>
      note(await caller().ask('POST', `/v1/jobs/${job()}/lease`, lease({ ttl_seconds: 9 }))),
    () => withToken('PUT', '/lease'),
    () => withToken('PUT', '/lease', { ttl_seconds: 30 }),
    () => withToken('DELETE', '/lease'),
    () => withToken('PUT', '/sheets/1', { status: 'in_progress' }),
    () => withToken('PUT', '/sheets/1', { status: 'completed' }),
    () => withToken('PUT', '/sheets/2', { status: 'completed' }),
    () => caller().ask('POST', `/v1/jobs/${job()}/pause`),
    () => caller().ask('POST', `/v1/jobs/${job()}/pause?force=true`),
    () => caller().ask('POST', `/v1/jobs/${job()}/resume`),
    () => caller().ask('POST', `/v1/jobs/${job()}/resume`),
    () => rarely(() => caller().ask('POST', `/v1/jobs/${job()}/cancel`)),
    () => rarely(() => caller().ask('POST', `/v1/jobs/${job()}/fail?force=true`)),
    () => rarely(() => caller().ask('DELETE', `/v1/jobs/${job()}?force=true`)),
    () => caller().ask('POST', '/v1/sweep'),
    async () => renamed(caller(), `/v1/jobs/${job()}`),
    () => mangle('jobs/', text => text.replace('"paused"', '"running"')),
    () => mangle('jobs/', text => text.replace('"running"', '"paused_at_chain"')),
    () => mangle('jobs/', text => text.replace('"pending"', '"paused"')),
    () => mangle('leases/', () => null),
    () => mangle('leases/', text => text.replace('"expired":false', '"expired":true')),
    () => mangle('leases/', text => text.replace('"expired":false', '"expired":true')),
    () => mangle('leases/', text => text.slice(0, 20)),
    () => mangle('ready/', () => null),
    () => store.put(`ready/20260101T000000.000000Z.0123456789ab~${pick(['a', 'c'])}`, NOTHING, ANY),
    async () => clock.advance(1),
    async () => clock.advance(4_000),
    async () => clock.advance(7_000),
    async () => clock.advance(45_000),
    async () => clock.advance(-5_000),
    () => ring.ring(),
    // Only the service changes a store with labels.
    ...(store.traits.labels ? [] : [rename]),
  ];
  return { app, act: async () => pick(actions)?.() };
}

/** A waiting job that is renamed keeps its place in the queue. */
async function renamed(app: AppClient, path: string): Promise<void> {
  const loaded = await app.ask('GET', path);
  const etag = loaded.header('etag');
  if (loaded.status !== 200 || etag === null) return;
  const state = JSON.parse(loaded.text);
  const job_name = state.job_name === 'One' ? 'Two' : 'One';
  await app.ask('PUT', path, { json: { ...state, job_name }, headers: { 'If-Match': etag } });
}

interface Row {
  readonly job_id: string;
  readonly status: string;
  readonly standing: string;
  readonly lease: Readonly<Record<string, unknown>> | null;
  readonly delayed_until: string | null;
}

async function rowsOf(app: AppClient): Promise<readonly Row[]> {
  const answer = await app.ask('GET', '/v1/jobs?view=live');
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text).jobs;
}

function timesOf(lease: Row['lease']): unknown {
  if (lease === null) return null;
  const { expires_at, renewed_at, ttl_seconds } = lease;
  return { expires_at, renewed_at, ttl_seconds };
}

/** What `why` says of the same job. */
async function whyOf(app: AppClient, jobId: string): Promise<unknown> {
  const why = await app.ask('GET', `/v1/jobs/${encodeURIComponent(jobId)}/why`);
  const { standing, lease, delayed_until } = JSON.parse(why.text);
  return { job_id: jobId, standing, lease: timesOf(lease), delayed_until };
}

/** The statistics, which count without looking at every job. */
async function countsIn(app: AppClient): Promise<unknown> {
  const { jobs, standing } = JSON.parse((await app.ask('GET', '/v1/stats')).text);
  return { jobs, standing };
}

function countsOf(rows: readonly Row[]): unknown {
  const countBy = (names: readonly string[], nameOf: (row: Row) => string) =>
    Object.fromEntries(names.map(name => [name, rows.filter(row => nameOf(row) === name).length]));
  return {
    jobs: countBy(JobStatus.options, ({ status }) => status),
    standing: countBy(STANDINGS, ({ standing }) => standing),
  };
}

const ALL = [...STANDINGS].toSorted();

const seen = new Set<string>();

describe.each(KINDS.map(([name, open], at) => ({ name, open, at })))(
  'a list and why, on $name',
  ({ open, at }) => {
    // Each store has histories of its own.
    it.each(SEEDS.map(seed => seed + at * SEEDS.length))(
      'agree on every job after every change of a random history (seed %d)',
      async seed => {
        const clock = frozenClock();
        const world = await makeWorld(await open(() => clock.millis()), clock, seed);
        for (const job_id of JOB_IDS)
          await world.app.create({ job_id, job_name: 'One', total_sheets: 9 });
        for (let step = 0; step < STEPS; step += 1) {
          await world.act();
          const rows = await rowsOf(world.app);
          expect({ step, counts: await countsIn(world.app) }).toEqual({
            step,
            counts: countsOf(rows),
          });
          for (const { job_id, standing, lease, delayed_until } of rows) {
            seen.add(standing);
            const row = { job_id, standing, lease: timesOf(lease), delayed_until };
            expect({ step, ...row }).toEqual({ step, ...Object(await whyOf(world.app, job_id)) });
          }
        }
      },
    );
  },
);

it('a list and why have been asked about every standing', () => {
  expect([...seen].toSorted()).toEqual(ALL);
});

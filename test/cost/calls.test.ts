import { describe, expect, it } from 'vitest';
import {
  type CountedApp,
  countsOf,
  openCounted,
  type StoreCall,
} from '../support/counting-store.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';
const LEASE = `${JOB}/lease`;
const PAST_ANY_TTL_MS = 3_601_000;

interface Case {
  readonly name: string;
  /** What was done before; the headers of the request. */
  readonly given: (app: CountedApp) => Promise<Record<string, string>>;
  readonly request: readonly [method: string, path: string, json?: unknown];
  readonly costs: string;
}

const ASK = { holder: 'w-1' };

async function created(app: CountedApp): Promise<Record<string, string>> {
  await app.create();
  return {};
}

async function held(app: CountedApp): Promise<Record<string, string>> {
  await app.create();
  return app.hold('job-1');
}

async function heldByAnother(app: CountedApp): Promise<Record<string, string>> {
  await held(app);
  return {};
}

async function dead(app: CountedApp): Promise<Record<string, string>> {
  await held(app);
  app.clock.advance(PAST_ANY_TTL_MS);
  return {};
}

async function released(app: CountedApp): Promise<Record<string, string>> {
  await app.spend('DELETE', LEASE, { headers: await held(app) });
  return {};
}

async function askedToPause(app: CountedApp): Promise<Record<string, string>> {
  const headers = await held(app);
  await app.spend('POST', `${JOB}/pause`);
  return headers;
}

async function lastSheet(app: CountedApp): Promise<Record<string, string>> {
  await app.create({ total_sheets: 1 });
  return app.hold('job-1');
}

async function updated(app: CountedApp): Promise<Record<string, string>> {
  const headers = await held(app);
  await app.spend('PUT', `${JOB}/sheets/1`, { json: { status: 'in_progress' }, headers });
  return headers;
}

const CASES: readonly Case[] = [
  {
    name: 'acquire of a new job',
    given: created,
    request: ['POST', LEASE, ASK],
    costs: 'head jobs, put leases, put jobs, delete ready',
  },
  {
    name: 'acquire of a released job',
    given: released,
    request: ['POST', LEASE, ASK],
    costs: 'head jobs, put leases, put jobs, delete ready',
  },
  {
    name: 'acquire from a dead holder',
    given: dead,
    request: ['POST', LEASE, ASK],
    costs:
      '3 head jobs, 2 get leases, 2 put leases, put ready, 2 put jobs, get lapses, put lapses, delete leases, delete ready',
  },
  {
    name: 'claim of a new job',
    given: created,
    request: ['POST', '/v1/claims', ASK],
    costs: 'follow ready, head jobs, put leases, put jobs, delete ready',
  },
  {
    name: 'claim of a released job',
    given: released,
    request: ['POST', '/v1/claims', ASK],
    costs: 'follow ready, head jobs, put leases, put jobs, delete ready',
  },
  {
    name: 'claim from a dead holder',
    given: dead,
    request: ['POST', '/v1/claims', ASK],
    costs:
      'follow ready, get leases, 2 put leases, 2 head jobs, put ready, 2 put jobs, get lapses, put lapses, delete leases, delete ready',
  },
  {
    name: 'claim of nothing',
    given: heldByAnother,
    request: ['POST', '/v1/claims', ASK],
    costs: 'follow ready',
  },
  {
    name: 'heartbeat',
    given: held,
    request: ['PUT', LEASE],
    costs: 'get leases, put leases',
  },
  {
    name: 'release',
    given: held,
    request: ['DELETE', LEASE],
    costs: '2 head jobs, get leases, put leases, put ready, put jobs, delete leases',
  },
  {
    name: 'release as an operator asked',
    given: askedToPause,
    request: ['DELETE', LEASE],
    costs: '2 head jobs, get leases, put leases, put jobs, delete ready, delete leases',
  },
  {
    name: 'sweep of one live lease',
    given: held,
    request: ['POST', '/v1/sweep'],
    costs: 'list leases, get leases',
  },
  {
    name: 'sweep of one zombie',
    given: dead,
    request: ['POST', '/v1/sweep'],
    costs:
      'list leases, get leases, put leases, head jobs, put ready, put jobs, get lapses, put lapses, delete leases',
  },
  {
    name: 'pause of a held job',
    given: heldByAnother,
    request: ['POST', `${JOB}/pause`],
    costs: 'head jobs, 2 get leases, put leases',
  },
  {
    name: 'pause of a held job by force',
    given: heldByAnother,
    request: ['POST', `${JOB}/pause?force=true`],
    costs: '2 head jobs, 2 get leases, put leases, put jobs, delete ready, delete leases',
  },
  {
    name: 'pause by the holder',
    given: held,
    request: ['POST', `${JOB}/pause`],
    costs: '2 head jobs, get leases, put leases, put jobs, delete ready, delete leases',
  },
  {
    name: 'pause of a job that waits',
    given: created,
    request: ['POST', `${JOB}/pause`],
    costs: 'head jobs, put jobs, 2 delete ready',
  },
  {
    name: 'resume of a held job',
    given: askedToPause,
    request: ['POST', `${JOB}/resume`],
    costs: 'head jobs, 2 get leases, put leases',
  },
  {
    name: 'why of a job that waits',
    given: created,
    request: ['GET', `${JOB}/why`],
    costs: 'head jobs, get lapses, head ready',
  },
  {
    name: 'why of a held job',
    given: held,
    request: ['GET', `${JOB}/why`],
    costs: 'head jobs, get leases, get lapses',
  },
  {
    name: 'load of a job that waits',
    given: created,
    request: ['GET', JOB],
    costs: 'head jobs',
  },
  {
    name: 'load of a held job',
    given: held,
    request: ['GET', JOB],
    costs: 'head jobs, get leases',
  },
  {
    name: 'update under a lease',
    given: held,
    request: ['PUT', `${JOB}/sheets/1`, { status: 'in_progress' }],
    costs: 'head jobs, put jobs',
  },
  {
    name: 'the same update again',
    given: updated,
    request: ['PUT', `${JOB}/sheets/1`, { status: 'in_progress' }],
    costs: 'head jobs',
  },
  {
    name: 'update of the last sheet',
    given: lastSheet,
    request: ['PUT', `${JOB}/sheets/1`, { status: 'completed' }],
    costs: 'head jobs, put jobs, delete leases',
  },
  {
    name: 'update of a job that nobody holds',
    given: created,
    request: ['PUT', `${JOB}/sheets/1`, { status: 'in_progress' }],
    costs: 'head jobs, put jobs, delete ready',
  },
  {
    name: 'update of a job that nobody holds and that goes on waiting',
    given: created,
    request: ['PUT', `${JOB}/sheets/1`, { status: 'completed' }],
    costs: 'head jobs, put jobs',
  },
];

describe('what a call costs', () => {
  it.each(CASES)('$name', async ({ given, request: [method, path, json], costs }) => {
    const app = openCounted();
    const headers = await given(app);
    const { calls } = await app.spend(method, path, { headers, json });
    expect(costsIn(calls)).toBe(costs);
  });
});

describe('what an idempotency key costs', () => {
  it.each([
    ['a claim', '/v1/claims', { holder: 'w-1' }],
    ['an acquire', LEASE, { holder: 'w-1' }],
    ['a create', '/v1/jobs', aState({ job_id: 'job-2' })],
  ])('%s costs the first try nothing', async (_, path, json) => {
    const costs: string[] = [];
    for (const headers of [{}, { 'Idempotency-Key': '0123456789abcdef0123456789abcdef' }]) {
      const app = openCounted();
      await created(app);
      const { calls } = await app.spend('POST', path, { headers, json });
      costs.push(costsIn(calls));
    }
    expect(costs[1]).toBe(costs[0]);
  });

  it('a claim costs its repeat a look for its lease, and a renewal', async () => {
    const app = openCounted();
    await created(app);
    const headers = { 'Idempotency-Key': '0123456789abcdef0123456789abcdef' };
    const json = { holder: 'w-1' };
    await app.spend('POST', '/v1/claims', { headers, json });
    const repeat = { ...headers, 'Idempotency-Attempt': '2' };
    const { calls } = await app.restarted().spend('POST', '/v1/claims', { headers: repeat, json });
    expect(costsIn(calls)).toBe('list leases, 2 get leases, get jobs, put leases');
  });
});

/** `2 head jobs, put leases`: in the order in which each was first asked for. */
function costsIn(calls: readonly StoreCall[]): string {
  return Object.entries(countsOf(calls))
    .map(([name, count]) => `${count} ${name.slice(0, -1)}`.replace(/^1 /, ''))
    .join(', ');
}

import { describe, expect, it } from 'vitest';
import { READY_KEYS } from '../../lib/keys/ready-hint.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  beat,
  claimed,
  type Held,
  keysOf,
  leaseOf,
  load,
  type ShownLease,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';
import { tokensOf } from '../support/tokens.ts';

const CLAIMS = '/v1/claims';
const MB = 1024 * 1024;

interface Shown {
  readonly token: string;
  readonly lease: ShownLease;
  readonly state: Record<string, unknown>;
  readonly etag: string;
}

function grantsIn(answer: Answer): readonly Shown[] {
  return (answer.json as { grants: Shown[] }).grants;
}

function jobsIn(answer: Answer): string[] {
  return grantsIn(answer).map(({ lease }) => lease.job_id);
}

function claimMany(
  app: Pick<AppClient, 'ask'>,
  ask: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return app.ask('POST', CLAIMS, { json: { holder: 'w-1', ...ask }, headers });
}

/** Jobs `job-1` and so on, created one after the other. */
async function withJobs(count: number, store: ObjectStore = createMemoryStore()) {
  const clock = frozenClock();
  const app = openApp({ store, clock });
  for (let index = 1; index <= count; index += 1) {
    await app.create({ job_id: `job-${index}` });
    clock.advance(1);
  }
  return app;
}

describe('a claim of several jobs', () => {
  it('is granted those that have waited for longest, each as a claim of one is', async () => {
    const app = await withJobs(4);
    const answer = await claimMany(app, { max: 3, ttl_seconds: 30 });
    expect([answer.status, jobsIn(answer)]).toEqual([201, ['job-1', 'job-2', 'job-3']]);
    const loaded = await load(app, '/v1/jobs/job-2');
    expect(grantsIn(answer)[1]).toEqual({
      lease: expect.objectContaining({ job_id: 'job-2', epoch: 1, holder: 'w-1', ttl_seconds: 30 }),
      token: expect.stringMatching(/^dsl_/),
      state: loaded.json,
      next_sheet: 1,
      server_time: expect.any(String),
      expires_at: expect.any(String),
      renew_after_ms: 10_000,
      etag: loaded.header('etag'),
    });
    expect(answer.header('cache-control')).toBe('no-store');
    expect(await claimed(app)).toBe('job-4');
  });

  it('is granted fewer if fewer wait, and answers 204 if none does', async () => {
    const app = await withJobs(2);
    expect(jobsIn(await claimMany(app, { max: 100 }))).toEqual(['job-1', 'job-2']);
    const none = await claimMany(app, { max: 100 });
    expect([none.status, none.text]).toEqual([204, '']);
  });

  it('gives each job a token that holds it', async () => {
    const app = await withJobs(3);
    const answer = await claimMany(app, { max: 3 });
    for (const { token, lease } of grantsIn(answer)) {
      const path = `/v1/jobs/${lease.job_id}`;
      const held: Held = {
        answer,
        token,
        leaseId: lease.lease_id,
        headers: { 'Lease-Token': token },
        key: '',
      };
      expect((await beat(app, held, path)).status).toBe(200);
    }
    const tokens = new Set(grantsIn(answer).map(({ token }) => token));
    expect(tokens.size).toBe(3);
  });

  it('of 1 is answered like one without `max`', async () => {
    const app = await withJobs(2);
    const answer = await claimMany(app, { max: 1 });
    expect([leaseOf(answer).job_id, answer.json]).toEqual([
      'job-1',
      expect.not.objectContaining({ grants: expect.anything() }),
    ]);
  });

  it('is granted jobs of one name alone', async () => {
    const app = openApp();
    for (const job_id of ['a', 'b', 'c']) await app.create({ job_id, job_name: 'One' });
    await app.create({ job_id: 'd', job_name: 'Two' });
    expect(jobsIn(await claimMany(app, { max: 10, job_name: 'Two' }))).toEqual(['d']);
  });

  it('is granted jobs within the prefix of its access token alone', async () => {
    const tokens = await tokensOf({ etl: 'work:etl-', all: 'work' });
    const app = openApp({ access: tokens.list });
    for (const job_id of ['other-1', 'etl-1', 'other-2', 'etl-2']) {
      const json = { job_id, job_name: 'x', total_sheets: 1 };
      await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('all') });
    }
    const answer = await claimMany(app, { max: 10 }, tokens.as('etl'));
    expect(jobsIn(answer).toSorted()).toEqual(['etl-1', 'etl-2']);
    expect(jobsIn(await claimMany(app, { max: 10 }, tokens.as('all')))).toHaveLength(2);
  });

  it('has no states where the client prefers that', async () => {
    const app = await withJobs(2);
    const answer = await claimMany(app, { max: 2 }, { Prefer: 'return=minimal' });
    expect(answer.header('preference-applied')).toBe('return=minimal');
    expect(grantsIn(answer).map(grant => 'state' in grant)).toEqual([false, false]);
    expect(grantsIn(answer).map(({ lease }) => lease.job_id)).toEqual(['job-1', 'job-2']);
  });

  it('recovers the job of a dead holder if none waits', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const [grant] = grantsIn(await claimMany(app, { max: 5, ttl_seconds: 5 }));
    await app.ask('PUT', '/v1/jobs/job-1/lease', {
      headers: { 'Lease-Token': grant?.token ?? '' },
    });
    clock.advance(6_000);
    expect(jobsIn(await claimMany(app, { max: 5 }))).toEqual(['job-1']);
  });

  it.each([
    [{ max: 0 }, '/max'],
    [{ max: 101 }, '/max'],
    [{ max: 1.5 }, '/max'],
    [{ max: '3' }, '/max'],
    [{ max: null }, '/max'],
    [{ wait_seconds: -1 }, '/wait_seconds'],
    [{ wait_seconds: 31 }, '/wait_seconds'],
    [{ wait_seconds: '5' }, '/wait_seconds'],
  ])('%j is refused with the path', async (ask, path) => {
    const answer = await claimMany(await withJobs(1), ask);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it.each([{ max: 100 }, { max: 2 }, { wait_seconds: 0.5 }, { wait_seconds: 30 }])(
    '%j is accepted',
    async ask => {
      expect((await claimMany(await withJobs(1), ask)).status).toBe(201);
    },
  );
});

describe('the states in one answer', () => {
  async function withStates(bytes: number, count: number) {
    const clock = frozenClock();
    const app = openApp({ store: createMemoryStore(), clock });
    for (let index = 1; index <= count; index += 1) {
      await app.create({ job_id: `job-${index}`, filler: 'x'.repeat(bytes) });
      clock.advance(1);
    }
    return app;
  }

  it('are at most 8 MB, and the other jobs go on waiting', async () => {
    const app = await withStates(3 * MB, 4);
    expect(jobsIn(await claimMany(app, { max: 4 }))).toHaveLength(2);
    expect(jobsIn(await claimMany(app, { max: 4 }))).toHaveLength(2);
    expect((await claimMany(app, { max: 4 })).status).toBe(204);
  });

  it('are one at least', async () => {
    const app = await withStates(9 * MB, 2);
    expect(jobsIn(await claimMany(app, { max: 2 }))).toHaveLength(1);
  });

  it('do not limit an answer without states', async () => {
    const app = await withStates(3 * MB, 4);
    const answer = await claimMany(app, { max: 4 }, { Prefer: 'return=minimal' });
    expect(jobsIn(answer)).toHaveLength(4);
  });
});

describe('a store that fails during a claim of several jobs', () => {
  function failingAt(isBroken: (key: string) => boolean): ObjectStore {
    const inner = withSeparatePuts(createMemoryStore());
    return {
      ...inner,
      async put(key, body, precondition) {
        if (isBroken(key)) throw new StoreError('The disk is full');
        return inner.put(key, body, precondition);
      },
    };
  }

  it('on some jobs: the others are granted, and those wait on', async () => {
    let isBroken = false;
    const store = failingAt(key => isBroken && /job-[24]/.test(key));
    const app = await withJobs(5, store);
    isBroken = true;
    expect(jobsIn(await claimMany(app, { max: 5 }))).toEqual(['job-1', 'job-3', 'job-5']);
    isBroken = false;
    expect(jobsIn(await claimMany(app, { max: 5 })).toSorted()).toEqual(['job-2', 'job-4']);
  });

  it('on all jobs: the claim fails', async () => {
    let isBroken = false;
    const app = await withJobs(
      20,
      failingAt(() => isBroken),
    );
    isBroken = true;
    const answer = await claimMany(app, { max: 20 });
    expect(answer).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    isBroken = false;
    expect(jobsIn(await claimMany(app, { max: 20 }))).toHaveLength(20);
  });

  it('on the hints: the claim fails, and the next one finds them', async () => {
    const inner = createMemoryStore();
    let isBroken = true;
    async function* failing<T>(listed: AsyncIterable<T>): AsyncGenerator<T> {
      for await (const each of listed) {
        yield each;
        if (isBroken) throw new StoreError('The folder is gone');
      }
    }
    const store: ObjectStore = {
      ...inner,
      // A store with labels is listed for each claim.
      list: (prefix, ...options) =>
        prefix === READY_KEYS
          ? failing(inner.list(prefix, ...options))
          : inner.list(prefix, ...options),
      followNames(prefix) {
        const follower = inner.followNames(prefix);
        return { ...follower, poll: () => failing(follower.poll()) };
      },
    };
    const app = await withJobs(3, store);
    expect((await claimMany(app, { max: 3 })).status).toBe(503);
    isBroken = false;
    expect(jobsIn(await claimMany(app, { max: 3 }))).toEqual(['job-1', 'job-2', 'job-3']);
  });
});

describe('a client that is gone before its jobs are granted', () => {
  it('gets none of them: all are taken back', async () => {
    const store = interruptedStore();
    const app = await withJobs(4, store);
    const client = new AbortController();
    store.before('jobs/job-3.json', async () => client.abort());
    const json = { holder: 'w-1', max: 4 };
    const gone = await app.ask('POST', CLAIMS, { json, signal: client.signal });
    expect(gone).toMatchObject({ status: 499, json: { code: 'client_gone' } });
    expect(await keysOf(store, 'leases/')).toEqual([]);
    expect(jobsIn(await claimMany(app, { max: 4 }))).toHaveLength(4);
  });
});

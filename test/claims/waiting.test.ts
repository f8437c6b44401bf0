import { describe, expect, it } from 'vitest';
import { createIntake } from '../../functions/http/intake.ts';
import { nameHashOf } from '../../lib/keys/ready-hint.ts';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AppClientOptions, type AskOptions, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { makeFolder } from '../support/folder.ts';
import { claim, claimed, JOB, keysOf, LEASE, leaseOf, load, write } from '../support/leasing.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';
import { tokensOf } from '../support/tokens.ts';
import { manualWaits } from './manual-waits.ts';

const CLAIMS = '/v1/claims';
const WAIT_SECONDS = 30;
/** After so long a hint is found that was not announced in the process. */
const UNANNOUNCED_MS = createMemoryStore().traits.labels ? 1_000 : 0;
/** Each hint is given to one claim of the process. */
const HAS_HINTS = !createMemoryStore().traits.labels;

interface Setup extends AppClientOptions {
  /** How many claims may wait. */
  readonly most?: number;
}

function open({ most = 100, ...options }: Setup = {}) {
  const clock = frozenClock();
  const waits = manualWaits(clock, most);
  const app = openApp({ store: createMemoryStore(), clock, waits, ...options });
  const wait = (ask: Readonly<Record<string, unknown>> = {}, given: AskOptions = {}) =>
    app.ask('POST', CLAIMS, {
      json: { holder: 'w-1', wait_seconds: WAIT_SECONDS, ...ask },
      ...given,
    });
  return { app, clock, waits, wait };
}

/** The job that an answer grants, or the status of another answer. */
function outcomeOf(answer: Answer): string | number {
  return answer.status === 201 ? leaseOf(answer).job_id : answer.status;
}

describe('a claim that waits', () => {
  it('is answered at once if a job waits already', async () => {
    const { app, wait, waits } = open();
    await app.create();
    const answer = await wait();
    expect([outcomeOf(answer), waits.pending()]).toEqual(['job-1', 0]);
    expect(answer.json).not.toHaveProperty('waited_ms');
  });

  it('is answered when a job is created, and says how long it waited', async () => {
    const { app, wait, waits } = open();
    const answer = wait();
    await waits.begun(1);
    await waits.advance(4_000);
    await app.create();
    expect((await answer).json).toMatchObject({ lease: { job_id: 'job-1' }, waited_ms: 4_000 });
    expect(waits.pending()).toBe(0);
  });

  it('is answered when a job is released', async () => {
    const { app, wait, waits } = open();
    await app.create();
    const { headers } = await claim(app);
    const answer = wait();
    await waits.begun(1);
    await app.ask('DELETE', LEASE, { headers });
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is answered when a job is resumed', async () => {
    const { app, wait, waits } = open();
    await app.create();
    await app.ask('POST', `${JOB}/pause`);
    const answer = wait();
    await waits.begun(1);
    await app.ask('POST', `${JOB}/resume`);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is answered when a save gives a job the name that it asks for', async () => {
    const { app, wait, waits } = open();
    await app.create({ job_name: 'One' });
    const answer = wait({ job_name: 'Two' });
    await waits.begun(1);
    const json = { ...((await load(app)).json as object), job_name: 'Two' };
    await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is answered 204 when its time is over', async () => {
    const { app, wait, waits } = open();
    const answer = wait();
    await waits.begun(1);
    await waits.advance(WAIT_SECONDS * 1000);
    expect(outcomeOf(await answer)).toBe(204);
    await app.create();
    expect(await claimed(app)).toBe('job-1');
  });

  it('takes several jobs if it asks for several', async () => {
    const { app, wait, waits } = open();
    const answer = wait({ max: 5 });
    await waits.begun(1);
    await app.create();
    const { grants } = (await answer).json as { grants: object[] };
    expect(grants).toEqual([expect.objectContaining({ next_sheet: 1 })]);
  });

  it('refuses no body that would be read if none waited', async () => {
    const { app, wait, waits } = open({ intake: createIntake({ requests: 10, bytes: 1024 }) });
    const answer = wait();
    await waits.begun(1);
    await app.create({ job_name: 'x'.repeat(2048) });
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('does not count as a request in flight while it waits', async () => {
    const { app, wait, waits } = open({ intake: createIntake({ requests: 2, bytes: 1 << 20 }) });
    const answers = [wait()];
    await waits.begun(1);
    for (let count = 2; count <= 5; count += 1) {
      answers.push(wait());
      await waits.begun(count);
    }
    await app.create();
    expect(outcomeOf(await Promise.race(answers))).toBe('job-1');
    await waits.advance(WAIT_SECONDS * 1000);
    expect((await Promise.all(answers)).filter(({ status }) => status === 204)).toHaveLength(4);
    expect((await app.ask('GET', JOB)).status).toBe(200);
  });
});

describe('claims that wait together', () => {
  it('get the jobs in the order in which they came, one job each', async () => {
    const { app, wait, waits } = open();
    const answers: Promise<Answer>[] = [];
    for (let count = 1; count <= 3; count += 1) {
      answers.push(wait());
      await waits.begun(count);
    }
    const got: (string | number)[] = [];
    for (const [index, answer] of answers.entries()) {
      await app.create({ job_id: `job-${index}` });
      got.push(outcomeOf(await answer));
    }
    expect(got).toEqual(['job-0', 'job-1', 'job-2']);
  });

  it('are each woken by their own job where many are created at once', async () => {
    const { app, wait, waits } = open();
    const answers = Array.from({ length: 20 }, () => wait());
    await waits.begun(20);
    const ids = Array.from({ length: 15 }, (_, index) => `job-${index}`);
    await Promise.all(ids.map(job_id => app.create({ job_id })));
    const first = await Promise.all(
      ids.map(() => Promise.race(answers.map(answer => answer.then(outcomeOf)))),
    );
    expect(first).not.toContain(204);
    await waits.advance(WAIT_SECONDS * 1000);
    const all = (await Promise.all(answers)).map(outcomeOf);
    const granted = all.flatMap(outcome => (typeof outcome === 'string' ? [outcome] : []));
    expect(granted.toSorted()).toEqual(ids.toSorted());
  });

  it('get jobs of the name that they ask for', async () => {
    const { app, wait, waits } = open();
    const one = wait({ job_name: 'One' });
    const two = wait({ job_name: 'Two' });
    await waits.begun(2);
    await app.create({ job_id: 'b', job_name: 'Two' });
    expect(outcomeOf(await two)).toBe('b');
    await app.create({ job_id: 'a', job_name: 'One' });
    expect(outcomeOf(await one)).toBe('a');
  });

  it('get jobs within the prefix of their access tokens', async () => {
    const tokens = await tokensOf({ etl: 'work:etl-', web: 'work:web-', all: 'work' });
    const { app, wait, waits } = open({ access: tokens.list });
    const create = (job_id: string) =>
      app.ask('POST', '/v1/jobs', {
        json: { job_id, job_name: 'x', total_sheets: 1 },
        headers: tokens.as('all'),
      });
    const web = wait({}, { headers: tokens.as('web') });
    const etl = wait({}, { headers: tokens.as('etl') });
    await waits.begun(2);
    await create('etl-1');
    expect(outcomeOf(await etl)).toBe('etl-1');
    await create('web-1');
    expect(outcomeOf(await web)).toBe('web-1');
  });

  it('get a job that is created while they look at others in vain', async () => {
    const inner = createMemoryStore();
    const looking = Promise.withResolvers<void>();
    const looked = Promise.withResolvers<void>();
    let isSlow = false;
    const store: ObjectStore = {
      ...inner,
      async head(key) {
        if (isSlow && key === 'jobs/other.json') {
          looking.resolve();
          await looked.promise;
        }
        return inner.head(key);
      },
    };
    const { app, wait, waits } = open({ store });
    await app.create({ job_id: 'other', job_name: 'Two' });
    const answer = wait({ job_name: 'One' });
    await waits.begun(1);
    isSlow = true;
    // It leads to no job, and to the look at the others.
    const nameHash = await nameHashOf('One');
    await write(store, `ready/20260304T050607.000000Z.${nameHash}~nobody`, '');
    await app.create({ job_id: 'third', job_name: 'Three' });
    await waits.advance(UNANNOUNCED_MS);
    await looking.promise;
    await app.create({ job_id: 'wanted', job_name: 'One' });
    looked.resolve();
    expect(outcomeOf(await answer)).toBe('wanted');
  });

  it('come before a claim that does not wait', async () => {
    const { app, wait, waits } = open();
    const waiting = wait();
    await waits.begun(1);
    await app.create();
    expect(await claimed(app)).toBeNull();
    expect(outcomeOf(await waiting)).toBe('job-1');
  });

  // Where hints are listed, that claim may find the one of a job which is not announced yet.
  it.runIf(HAS_HINTS)('come before one that is there when the job is created', async () => {
    const { app, wait, waits } = open();
    const waiting = wait();
    await waits.begun(1);
    const [, later] = await Promise.all([app.create(), claimed(app)]);
    expect([outcomeOf(await waiting), later]).toEqual(['job-1', null]);
  });

  it('are answered at once if too many wait', async () => {
    const { wait, waits } = open({ most: 2 });
    const answers = [wait(), wait()];
    await waits.begun(2);
    expect(outcomeOf(await wait())).toBe(204);
    await waits.advance(WAIT_SECONDS * 1000);
    expect((await Promise.all(answers)).map(outcomeOf)).toEqual([204, 204]);
    // There is room again.
    const next = wait();
    await waits.begun(3);
    await waits.advance(WAIT_SECONDS * 1000);
    expect(outcomeOf(await next)).toBe(204);
  });

  it('all end when the service stops, and later ones do not wait', async () => {
    const { app, wait, waits } = open();
    const answers = [wait(), wait({ max: 3 })];
    await waits.begun(2);
    app.repository.leases.endWaits();
    expect((await Promise.all(answers)).map(outcomeOf)).toEqual([204, 204]);
    expect([outcomeOf(await wait()), waits.pending()]).toEqual([204, 0]);
  });
});

describe('a client that disconnects while its claim waits', () => {
  it('takes nothing', async () => {
    const { app, wait, waits } = open();
    const client = new AbortController();
    const answer = wait({}, { signal: client.signal });
    await waits.begun(1);
    client.abort();
    await answer;
    expect(waits.pending()).toBe(0);
    await app.create();
    expect((await load(app)).json).toMatchObject({ status: 'pending' });
    expect(await claimed(app)).toBe('job-1');
  });

  it('while it is granted a job leaves it to the next one', async () => {
    const store = interruptedStore();
    const { app, wait, waits } = open({ store });
    const client = new AbortController();
    const gone = wait({}, { signal: client.signal });
    await waits.begun(1);
    const next = wait();
    await waits.begun(2);
    store.before('leases/', async () => client.abort());
    await app.create();
    expect(outcomeOf(await next)).toBe('job-1');
    expect((await gone).json).toMatchObject({ code: 'client_gone' });
    expect(await keysOf(store, 'leases/')).toHaveLength(1);
  });
});

describe('a job that can be claimed later', () => {
  it('is found when its delay after an unused grant is over', async () => {
    const { app, clock, wait, waits } = open();
    await app.create();
    await claim(app, { ttl_seconds: 5 });
    clock.advance(5_001);
    // The job is recovered, and delayed from the end of its lease.
    const answer = wait();
    await waits.begun(1);
    await waits.advance(500);
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    await waits.advance(600);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is found when the lease of its dead holder expires', async () => {
    const { app, wait, waits } = open();
    await app.create();
    const { headers } = await claim(app, { ttl_seconds: 5 });
    await app.ask('PUT', LEASE, { headers });
    const answer = wait();
    await waits.begun(1);
    await waits.advance(4_900);
    expect((await load(app)).json).toMatchObject({ status: 'running' });
    await waits.advance(200);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is found when a sweep recovers it', async () => {
    const { app, clock, wait, waits } = open();
    await app.create();
    const { headers } = await claim(openApp({ store: app.store, clock, seed: 2 }), {
      ttl_seconds: 5,
    });
    await app.ask('PUT', LEASE, { headers });
    const answer = wait();
    await waits.begun(1);
    clock.advance(6_000);
    await app.ask('POST', '/v1/sweep');
    expect(outcomeOf(await answer)).toBe('job-1');
  });
});

describe('jobs that no claim can get', () => {
  it('are not looked at again and again by the claims that wait', async () => {
    const inner = createMemoryStore();
    let looks = 0;
    const store: ObjectStore = {
      ...inner,
      async head(key) {
        looks += 1;
        // As with a real store, everything else has its turn meanwhile.
        await new Promise(resolve => setImmediate(resolve));
        return inner.head(key);
      },
    };
    const { app, wait, waits } = open({ store });
    for (const job_id of ['job-1', 'job-2', 'job-3']) {
      await app.create({ job_id });
      await inner.put(`jobs/${job_id}.json`, new TextEncoder().encode('{'), UNCONDITIONAL);
    }
    const answers = [wait(), wait(), wait()];
    await waits.begun(3);
    looks = 0;
    for (let turn = 0; turn < 300; turn += 1) await new Promise(resolve => setImmediate(resolve));
    expect(looks).toBeLessThan(30);
    await waits.advance(WAIT_SECONDS * 1000);
    expect((await Promise.all(answers)).map(outcomeOf)).toEqual([204, 204, 204]);
  });
});

describe('a store that other processes share', () => {
  /** One that costs little to follow. Below is one that must be listed. */
  function shared(): ObjectStore {
    const store = createMemoryStore();
    return { ...store, traits: { ...store.traits, labels: false, sharedBetweenProcesses: true } };
  }

  it('has its corrupt jobs looked at once a second, and gives one that is repaired', async () => {
    const inner = shared();
    let looks = 0;
    const store: ObjectStore = {
      ...inner,
      head(key) {
        looks += 1;
        return inner.head(key);
      },
    };
    const { app, wait, waits } = open({ store });
    await app.create();
    const whole = await inner.get('jobs/job-1.json');
    await write(inner, 'jobs/job-1.json', '{');
    const answer = wait();
    await waits.begun(1);
    looks = 0;
    await waits.advance(5_000);
    expect(looks).toBeLessThanOrEqual(10);
    await inner.put('jobs/job-1.json', whole?.body ?? new Uint8Array(), UNCONDITIONAL);
    await waits.advance(1_100);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is looked at often, so that a job of another process is found within 100 ms', async () => {
    const store = shared();
    const { wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    await openApp({ store, seed: 2 }).create();
    await waits.advance(100);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('or a folder, where the event of a new file is enough', async () => {
    const folder = await makeFolder();
    const { wait, waits } = open({ store: await folder.open() });
    const answer = wait();
    await waits.begun(1);
    await waits.advance(100);
    await openApp({ store: await folder.open(), seed: 2 }).create();
    await waits.advance(100);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('gives a job of another process to the claim that waits, not to one that comes later', async () => {
    const store = shared();
    const { app, wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    await waits.advance(10);
    await openApp({ store, seed: 2 }).create();
    expect(await claimed(app)).toBeNull();
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is looked at again where the hint came before its job', async () => {
    const inner = shared();
    const { wait, waits } = open({ store: inner });
    const written = Promise.withResolvers<void>();
    const store: ObjectStore = {
      ...inner,
      async put(key, body, precondition) {
        if (key.startsWith('jobs/')) await written.promise;
        return inner.put(key, body, precondition);
      },
    };
    const answer = wait();
    await waits.begun(1);
    const creating = openApp({ store, seed: 2 }).create();
    await waits.advance(200);
    written.resolve();
    await creating;
    await waits.advance(100);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('that fails for a while ends no wait', async () => {
    const inner = shared();
    let isBroken = false;
    let failures = 0;
    const store: ObjectStore = {
      ...inner,
      followNames(prefix) {
        const follower = inner.followNames(prefix);
        return {
          ...follower,
          async *poll() {
            if (isBroken) {
              failures += 1;
              throw new StoreError('The folder is gone');
            }
            yield* follower.poll();
          },
        };
      },
    };
    const { wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    isBroken = true;
    await waits.advance(1_000);
    isBroken = false;
    await openApp({ store: inner, seed: 2 }).create();
    await waits.advance(100);
    expect(outcomeOf(await answer)).toBe('job-1');
    expect(failures).toBeGreaterThan(5);
  });
});

describe('a store that must be listed', () => {
  function listed() {
    const inner = createMemoryStore();
    let lists = 0;
    const store: ObjectStore = {
      ...inner,
      traits: { ...inner.traits, labels: true, sharedBetweenProcesses: true },
      followNames(prefix) {
        const follower = inner.followNames(prefix);
        return {
          ...follower,
          async *poll() {
            lists += 1;
            yield* follower.poll();
          },
        };
      },
    };
    return { store, lists: () => lists };
  }

  it('is listed once a second for all claims that wait', async () => {
    const { store, lists } = listed();
    const { wait, waits } = open({ store });
    const answers = Array.from({ length: 10 }, (_, index) => wait({ job_name: `job ${index}` }));
    await waits.begun(10);
    await waits.advance(WAIT_SECONDS * 1000);
    expect((await Promise.all(answers)).map(outcomeOf)).toEqual(answers.map(() => 204));
    expect(lists()).toBeGreaterThanOrEqual(WAIT_SECONDS - 1);
    expect(lists()).toBeLessThanOrEqual(WAIT_SECONDS + 1);
  });

  it('has the jobs of other processes after a second at most', async () => {
    const { store } = listed();
    const { wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    await waits.advance(100);
    await openApp({ store, seed: 2 }).create();
    await waits.advance(1_000);
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('gives a job to the claim that it has woken, not to one that comes before that one has it', async () => {
    const inner = listed().store;
    const store = interruptedStore(inner);
    const { app, wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    const granting = Promise.withResolvers<void>();
    const mayGrant = Promise.withResolvers<void>();
    store.before('leases/', async () => {
      granting.resolve();
      await mayGrant.promise;
    });
    await app.create();
    await granting.promise;
    const later = await claimed(app);
    mayGrant.resolve();
    expect(later).toBeNull();
    expect(outcomeOf(await answer)).toBe('job-1');
  });

  it('is not listed for a job of this process, which is found at once', async () => {
    const { store, lists } = listed();
    const { app, wait, waits } = open({ store });
    const answer = wait();
    await waits.begun(1);
    await waits.advance(1);
    const before = lists();
    await app.create();
    expect([outcomeOf(await answer), lists()]).toEqual(['job-1', before]);
  });
});

describe('where claims may not wait', () => {
  it('they are answered at once', async () => {
    const app = openApp();
    const json = { holder: 'w-1', wait_seconds: 30 };
    expect((await app.ask('POST', CLAIMS, { json })).status).toBe(204);
  });
});

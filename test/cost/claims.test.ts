import { describe, expect, it } from 'vitest';
import { namelessKey } from '../../lib/keys/ready-hint.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import {
  type CountedApp,
  countsOf,
  fillStore,
  keysListed,
  keysRead,
  openCounted,
  type StoreCall,
} from '../support/counting-store.ts';
import { cases } from '../support/effort.ts';
import { keysOf, write } from '../support/leasing.ts';

const FEW = 100;
const MANY = cases(2500);
const PAGE = 1000;
const ASK = { json: { holder: 'w-1' } };

interface Counts {
  readonly finished?: number;
  readonly waiting: number;
}

/** Of a job that this process has not read yet. */
const ONE_CLAIM = {
  'get jobs/': 1,
  'put leases/': 1,
  'put jobs/': 1,
  'delete ready/': 1,
};

/** A store that three tests share, each as a process that is new to it. Together they take some 1,600 jobs. */
const manyWaiting = storeOf({ waiting: MANY });

/** A process that is new to a store of jobs. */
async function jobsIn(counts: Counts): Promise<CountedApp> {
  return openCounted(await storeOf(counts));
}

async function storeOf(counts: Counts): Promise<ObjectStore> {
  const { finished = 0, waiting } = counts;
  const store = createMemoryStore();
  await fillStore(store, { count: finished, status: 'completed', prefix: 'f' });
  await fillStore(store, { count: waiting, status: 'pending', prefix: 'w' });
  return store;
}

/** What so many claims cost, one after the other; each must get a job. */
async function claims(app: CountedApp, count: number): Promise<StoreCall[]> {
  const all: StoreCall[] = [];
  for (let claim = 0; claim < count; claim++) {
    const { answer, calls } = await app.spend('POST', '/v1/claims', ASK);
    expect(answer.status).toBe(201);
    all.push(...calls);
  }
  return all;
}

describe('what a claim costs', () => {
  it(`the only job that waits costs as much among ${MANY} finished ones as among ${FEW}`, async () => {
    const few = await claims(await jobsIn({ finished: FEW, waiting: 1 }), 1);
    const many = await claims(await jobsIn({ finished: MANY, waiting: 1 }), 1);
    expect(many.map(({ operation }) => operation)).toEqual(few.map(({ operation }) => operation));
    expect(keysListed(many, 'ready/')).toBe(0);
    expect(keysRead(many, 'jobs/')).toEqual(['jobs/w-000000.json']);
  });

  it(`the first claim of a process follows the hints of ${MANY} jobs that wait, and lists none`, async () => {
    const app = openCounted(await manyWaiting);
    const first = await claims(app, 1);
    expect(countsOf(first)).toEqual({ 'follow ready/': 1, ...ONE_CLAIM });
  });

  it('later claims list nothing, and cost what the first does otherwise', async () => {
    const app = openCounted(await manyWaiting);
    await claims(app, 1);
    for (let claim = 1; claim < PAGE / 2; claim++) {
      expect(countsOf(await claims(app, 1))).toEqual(ONE_CLAIM);
    }
  });

  it(`claims across a page of the ${MANY} jobs that wait read each job once`, async () => {
    const count = PAGE + FEW;
    const calls = await claims(openCounted(await manyWaiting), count);
    expect(keysListed(calls, 'ready/')).toBe(0);
    expect(new Set(keysRead(calls, 'jobs/')).size).toBe(count);
    expect(keysRead(calls, 'jobs/')).toHaveLength(count);
  });

  it('claims that come together share the follower, and read no job twice', async () => {
    const app = await jobsIn({ waiting: 50 });
    const asked = Array.from({ length: 50 }, () => app.ask('POST', '/v1/claims', ASK));
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const calls = app.takeCalls();
    expect(countsOf(calls)['follow ready/']).toBe(1);
    expect(keysRead(calls, 'jobs/')).toHaveLength(50);
  });

  it('a claim by name costs what any claim does, however many jobs of other names wait before', async () => {
    const app = await jobsIn({ waiting: 2 * PAGE + PAGE / 2 });
    await app.create({ job_id: 'wanted', job_name: 'Wanted' });
    const json = { holder: 'w-1', job_name: 'Wanted' };
    const { calls } = await app.restarted().spend('POST', '/v1/claims', { json });
    expect(countsOf(calls)).toEqual({ 'follow ready/': 1, ...ONE_CLAIM });
  });

  it('a claim by a name that no job has looks at 20 of the others, and reads none again', async () => {
    const app = await jobsIn({ waiting: FEW });
    const json = { holder: 'w-1', job_name: 'Of no job' };
    const looks: Record<string, number>[] = [];
    for (let claim = 0; claim < 10; claim += 1) {
      looks.push(countsOf((await app.spend('POST', '/v1/claims', { json })).calls));
      app.clock.advance(1_000);
    }
    const reading = { 'get jobs/': 20 };
    const looking = { 'head jobs/': 20 };
    expect(looks).toEqual([
      { 'follow ready/': 1, ...reading },
      ...Array.from({ length: 4 }, () => reading),
      ...Array.from({ length: 5 }, () => looking),
    ]);
  });

  it('a claim by name asks for each job whose hint an earlier version wrote, and reads none again', async () => {
    const store = createMemoryStore();
    const before = openCounted(store);
    for (let index = 0; index < FEW; index += 1) await before.create({ job_id: `old-${index}` });
    for (const key of await keysOf(store, 'ready/')) {
      await store.delete(key, { kind: 'none' });
      const jobId = key.slice(key.indexOf('~') + 1);
      await write(store, namelessKey(jobId, before.clock.now()), '');
    }
    const app = before.restarted();
    const json = { holder: 'w-1', job_name: 'Of no job' };
    const { calls: first } = await app.spend('POST', '/v1/claims', { json });
    expect(countsOf(first)).toEqual({ 'follow ready/': 1, 'get jobs/': FEW });
    const { calls: second } = await app.spend('POST', '/v1/claims', { json });
    expect(countsOf(second)).toEqual({ 'head jobs/': FEW });
  });

  it('a claim of nothing asks the store for nothing, whatever runs', async () => {
    const app = await jobsIn({ finished: FEW, waiting: FEW });
    await claims(app, FEW);
    const { calls } = await app.spend('POST', '/v1/claims', ASK);
    expect(countsOf(calls)).toEqual({});
  });
});

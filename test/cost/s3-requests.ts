import { JOB_KEYS } from '../../lib/keys/job-id.ts';
import type { Alarm } from '../../lib/storage/leases/write-behind.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { tokenOf } from '../support/counting-store.ts';
import { createFakeS3, FAKE_ADDRESS, type FakeObject } from '../support/s3/fake.ts';
import { openS3 } from '../support/s3/open-s3.ts';

/** What one request to the service asks of the bucket. `r2-cost.test.ts` has the same for R2 on Workers. */
export const S3_REQUESTS = {
  create: 'GET jobs, PUT ready, PUT jobs',
  load: 'HEAD jobs',
  'load of a held job': 'HEAD jobs, HEAD leases',
  'first list of 1,200 jobs': '2 LIST jobs, LIST labels, 1200 HEAD jobs, 2 PUT labels',
  'first list of 1,200 jobs of a later process': '2 LIST jobs, LIST labels, 2 GET labels',
  'list of 1,200 jobs': '2 LIST jobs',
  'list of 1,200 jobs, 3 changed by another process': '2 LIST jobs, 3 HEAD jobs',
  claim: 'LIST ready, HEAD jobs, PUT leases, PUT jobs, DELETE ready',
  'claim of the next of the jobs that were listed': 'HEAD jobs, PUT leases, PUT jobs, DELETE ready',
  'claim where none waits': 'LIST ready',
  heartbeat: 'HEAD leases',
  'heartbeat that is stored': '2 HEAD leases, PUT leases',
  'update in_progress': 'HEAD jobs, PUT jobs',
  'update completed': 'HEAD jobs, PUT jobs',
  'update of the last sheet': 'HEAD jobs, PUT jobs, DELETE leases',
  release: '2 HEAD jobs, HEAD leases, PUT leases, PUT ready, PUT jobs, DELETE leases',
  'sweep of 10 running jobs': 'LIST leases',
  'sweep of 10 running jobs of another process': 'LIST leases, 10 HEAD leases',
} as const satisfies Record<string, string>;

export type S3RequestName = keyof typeof S3_REQUESTS;

/** Makes each of the requests, and tells what it asked for. */
export async function measureS3(): Promise<Readonly<Record<string, string>>> {
  const measured: Record<string, string> = {};
  const many = openWorld();
  await fillWith(many, 1_200);
  for (const [name, measure] of Object.entries(MEASURES_OF_MANY))
    measured[name] = await measure(many);
  for (const [name, measure] of Object.entries(MEASURES))
    measured[name] = await measure(openWorld());
  return measured;
}

interface World {
  readonly clock: MovableClock;
  readonly app: AppClient;
  /** Of the bucket. */
  readonly objects: Map<string, FakeObject>;
  /** Another process on the same bucket. */
  other(): AppClient;
  /** What the task asked of the bucket. */
  spent(task: () => Promise<unknown>): Promise<string>;
  ask(method: string, path: string, json?: unknown, token?: string): Promise<Answer>;
  /** The alarm of stored heartbeats rings. */
  ring(): Promise<void>;
}

const JOB = '/v1/jobs/job-1';
const ASK = { holder: 'w-1' };

function openWorld(): World {
  const fake = createFakeS3();
  const clock = frozenClock();
  let ringing: (() => Promise<void>) | null = null;
  const alarm: Alarm = (_, task) => {
    ringing = task;
    return () => {
      ringing = null;
    };
  };
  const open = (seed: number) =>
    openApp({
      store: openS3(FAKE_ADDRESS, {
        fetch: fake.fetch,
        indexed: [JOB_KEYS],
        now: () => clock.millis(),
      }),
      clock,
      seed,
      alarm,
    });
  const app = open(1);
  return {
    clock,
    app,
    objects: fake.objects,
    other: () => open(2),
    async spent(task) {
      fake.requests.length = 0;
      await task();
      return summaryOf(fake.requests);
    },
    async ask(method, path, json, token) {
      const answer = await app.ask(method, path, {
        ...(json === undefined ? {} : { json }),
        headers: token === undefined ? {} : { 'Lease-Token': token },
      });
      if (answer.status >= 400)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer;
    },
    async ring() {
      await ringing?.();
    },
  };
}

/** `GET jobs/a.json` and the like, counted by folder. */
function summaryOf(requests: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const request of requests) {
    const [, method = '', isList, folder = ''] = /^(\w+) (\?list )?(\w+)\//.exec(request) ?? [];
    const name = `${isList === undefined ? method : 'LIST'} ${folder}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ');
}

/** The jobs of another process: its objects of one job, again with the names of the others. To create each takes seconds. */
async function fillWith(world: World, count: number): Promise<void> {
  await world.other().create({ job_id: 'job-1' });
  const made = [...world.objects];
  for (let number = 2; number <= count; number += 1) {
    const named = (text: string) => text.replaceAll('job-1', `job-${number}`);
    for (const [key, { body, etag, metadata }] of made) {
      const text = named(Buffer.from(body).toString());
      world.objects.set(named(key), {
        body: new TextEncoder().encode(text),
        etag,
        metadata: Object.fromEntries(
          Object.entries(metadata).map(([name, value]) => [name, named(value)]),
        ),
      });
    }
  }
}

async function createMany({ app }: World, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) await app.create({ job_id: `job-${number}` });
}

async function hold(world: World, totalSheets = 3): Promise<string> {
  await world.app.create({ total_sheets: totalSheets });
  return tokenOf(await world.ask('POST', `${JOB}/lease`, ASK));
}

function update(world: World, status: string, token: string): Promise<Answer> {
  return world.ask('PUT', `${JOB}/sheets/1`, { status }, token);
}

type Measures = Readonly<Record<string, (world: World) => Promise<string>>>;

/** One after the other on one bucket: each leaves there what the next one needs. */
const MEASURES_OF_MANY = {
  'first list of 1,200 jobs': world => world.spent(() => world.ask('GET', '/v1/jobs')),
  'first list of 1,200 jobs of a later process'(world) {
    const other = world.other();
    return world.spent(() => other.ask('GET', '/v1/jobs'));
  },
  'list of 1,200 jobs': world => world.spent(() => world.ask('GET', '/v1/jobs')),
  async 'list of 1,200 jobs, 3 changed by another process'(world) {
    const other = world.other();
    for (const number of [1, 700, 1_200]) await other.ask('POST', `/v1/jobs/job-${number}/pause`);
    return world.spent(() => world.ask('GET', '/v1/jobs'));
  },
} satisfies Measures;

const MEASURES = {
  create: world => world.spent(() => world.app.create()),
  async load(world) {
    await world.app.create();
    return world.spent(() => world.ask('GET', JOB));
  },
  async 'load of a held job'(world) {
    await hold(world);
    return world.spent(() => world.ask('GET', JOB));
  },
  async claim(world) {
    await world.app.create();
    return world.spent(() => world.ask('POST', '/v1/claims', ASK));
  },
  async 'claim of the next of the jobs that were listed'(world) {
    await createMany(world, 3);
    await world.ask('POST', '/v1/claims', ASK);
    return world.spent(() => world.ask('POST', '/v1/claims', ASK));
  },
  async 'claim where none waits'(world) {
    await hold(world);
    return world.spent(() => world.ask('POST', '/v1/claims', ASK));
  },
  async heartbeat(world) {
    const token = await hold(world);
    return world.spent(() => world.ask('PUT', `${JOB}/lease`, undefined, token));
  },
  async 'heartbeat that is stored'(world) {
    const token = await hold(world);
    return world.spent(async () => {
      await world.ask('PUT', `${JOB}/lease`, undefined, token);
      world.clock.advance(59_000);
      await world.ring();
    });
  },
  async 'update in_progress'(world) {
    const token = await hold(world);
    return world.spent(() => update(world, 'in_progress', token));
  },
  async 'update completed'(world) {
    const token = await hold(world);
    await update(world, 'in_progress', token);
    return world.spent(() => update(world, 'completed', token));
  },
  async 'update of the last sheet'(world) {
    const token = await hold(world, 1);
    await update(world, 'in_progress', token);
    return world.spent(() => update(world, 'completed', token));
  },
  async release(world) {
    const token = await hold(world);
    return world.spent(() => world.ask('DELETE', `${JOB}/lease`, undefined, token));
  },
  async 'sweep of 10 running jobs'(world) {
    await createMany(world, 10);
    for (let count = 0; count < 10; count += 1) await world.ask('POST', '/v1/claims', ASK);
    return world.spent(() => world.ask('POST', '/v1/sweep'));
  },
  async 'sweep of 10 running jobs of another process'(world) {
    await createMany(world, 10);
    for (let count = 0; count < 10; count += 1) await world.ask('POST', '/v1/claims', ASK);
    const other = world.other();
    return world.spent(() => other.ask('POST', '/v1/sweep'));
  },
} satisfies Measures;

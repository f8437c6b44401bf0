import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import {
  type LaneRequest,
  type LoadClient,
  laneOf,
  requestHead,
  startLoadClient,
} from '../http/http-load.ts';
import {
  type ServerProcess,
  startBareServer,
  startService,
  untilIndexed,
} from '../http/server-process.ts';
import { makeFolder, removeFolder } from '../jobs/folder.ts';
import { openRepository, openStore } from '../jobs/job-folder.ts';
import { holdJob, inLanes, NO_SHEETS } from '../jobs/lease-jobs.ts';
import { LARGE, type Size, SMALL } from '../jobs/state.ts';
import type { Bench, Pace } from '../measure/figure.ts';
import { compare } from '../measure/rounds.ts';
import { eachOf } from '../measure/sample.ts';

/** Heartbeats, one by one and in batches, against bare Hono with and without one durable put. */
export const leases: Bench = {
  name: 'leases',
  async *figures(pace) {
    const folder = await makeFolder();
    try {
      yield* inFolder(folder, pace);
    } finally {
      await removeFolder(folder);
    }
  },
};

const CONNECTIONS = [1, 32];
const MOST_CONNECTIONS = Math.max(...CONNECTIONS);
const BEATS = 100;
const BEAT = { progress: { sheet: 3, done: 0.5 } };
const WITHIN_A_TENTH = { atLeast: 0.9 } as const;

/** One that is asked, with the request of each connection. */
interface Side {
  readonly server: ServerProcess;
  readonly lanes: readonly LaneRequest[];
}

interface Sides {
  readonly bare: Side;
  readonly bareWithPut: Side;
  readonly service: Side;
}

async function* inFolder(folder: string, pace: Pace) {
  const held = await holdAll(`${folder}/jobs`);
  for (const name of ['bodies', 'requests', 'bare']) await mkdir(`${folder}/${name}`);
  const service = await startService(`${folder}/jobs`, `${folder}/service.log`);
  await untilIndexed(service);
  const small = await beatRequests(`${folder}/requests/small`, held.small);
  const large = await beatRequests(`${folder}/requests/large`, held.large);
  const batch = await batchRequests(`${folder}/requests/batch`, held.many);
  await writeBodies(folder, { service, beat: held.small[0], batch: held.many.slice(0, BEATS) });
  const bare = await startBareServer(`${folder}/bodies`, `${folder}/bare.log`, `${folder}/bare`);
  const client = startLoadClient();
  const sidesOf = (name: string, lanes: readonly LaneRequest[]): Sides => ({
    bare: { server: bare, lanes },
    bareWithPut: { server: bare, lanes: durableLanes(name, lanes) },
    service: { server: service, lanes },
  });
  try {
    for (const count of CONNECTIONS) {
      const at = { client, count, pace };
      yield* beside(sidesOf('heartbeat', small), { name: 'PUT lease', beats: 1, ...at });
      yield* ofLargeJobs(service, { small, large, ...at });
      yield* beside(sidesOf('batch', batch), { name: 'POST heartbeats', beats: BEATS, ...at });
    }
  } finally {
    client.close();
    await service.stop();
    await bare.stop();
  }
}

interface At {
  readonly client: LoadClient;
  /** Of connections. */
  readonly count: number;
  readonly pace: Pace;
}

async function* beside(sides: Sides, at: At & { name: string; beats: number }) {
  const { client, count, pace, name, beats } = at;
  const sample = async ({ server, lanes: all }: Side, millis: number) => {
    const lanes = all.slice(0, count).map(laneOf);
    return eachOf(beats, await client.sample(server, { millis, lanes }));
  };
  const label = beats === 1 ? name : `${name} x ${beats}`;
  const challenger = {
    name: `${label}, ${connections(count)}`,
    goal: null,
    measure: (millis: number) => sample(sides.service, millis),
  };
  const each = beats === 1 ? '1 durable put' : `${beats} durable puts`;
  yield* await compare(
    { name: 'bare Hono', measure: millis => sample(sides.bare, millis) },
    [challenger],
    pace,
  );
  yield* await compare(
    { name: `bare Hono + ${each}`, measure: millis => sample(sides.bareWithPut, millis) },
    [challenger],
    pace,
  );
}

/** A heartbeat does not touch the job, so its size must not matter. */
async function* ofLargeJobs(
  service: ServerProcess,
  at: At & { small: readonly LaneRequest[]; large: readonly LaneRequest[] },
) {
  const { client, count, pace, small, large } = at;
  const sampleFor = (requests: readonly LaneRequest[]) => (millis: number) =>
    client.sample(service, { millis, lanes: requests.slice(0, count).map(laneOf) });
  yield* await compare(
    { name: `PUT lease, jobs of ${SMALL.name}`, measure: sampleFor(small) },
    [
      {
        name: `PUT lease, jobs of ${LARGE.name}, ${connections(count)}`,
        goal: WITHIN_A_TENTH,
        measure: sampleFor(large),
      },
    ],
    pace,
  );
}

function connections(count: number): string {
  return count === 1 ? '1 connection' : `${count} connections`;
}

interface HeldJob {
  readonly jobId: string;
  readonly token: string;
}

async function holdAll(folder: string) {
  const store = await openStore(folder);
  const repository = openRepository(store);
  const hold = (name: string, count: number, size: Size): Promise<HeldJob[]> =>
    inLanes(
      Array.from({ length: count }, (_, index) => `${name}-${index}`),
      MOST_CONNECTIONS,
      async jobId => ({ jobId, token: (await holdJob(repository, jobId, size)).token }),
    );
  const held = {
    small: await hold('small', MOST_CONNECTIONS, SMALL),
    large: await hold('large', MOST_CONNECTIONS, LARGE),
    many: await hold('many', MOST_CONNECTIONS * BEATS, NO_SHEETS),
  };
  await store.close();
  return held;
}

async function beatRequests(folder: string, held: readonly HeldJob[]): Promise<LaneRequest[]> {
  await mkdir(folder);
  return Promise.all(
    held.map(({ jobId, token }) =>
      request(`${folder}/${jobId}`, {
        line: `PUT /v1/jobs/${jobId}/lease`,
        json: BEAT,
        headers: { 'Lease-Token': token },
      }),
    ),
  );
}

/** Each connection beats for leases of its own. */
async function batchRequests(folder: string, held: readonly HeldJob[]): Promise<LaneRequest[]> {
  await mkdir(folder);
  return Promise.all(
    Array.from({ length: MOST_CONNECTIONS }, (_, lane) =>
      request(`${folder}/${lane}`, {
        line: 'POST /v1/heartbeats',
        json: batchOf(held.slice(lane * BEATS, (lane + 1) * BEATS)),
        headers: {},
      }),
    ),
  );
}

function batchOf(held: readonly HeldJob[]) {
  return { beats: held.map(({ token }) => ({ token, ...BEAT })) };
}

async function request(
  bodyFile: string,
  { line, json, headers }: { line: string; json: unknown; headers: Record<string, string> },
): Promise<LaneRequest> {
  const body = JSON.stringify(json);
  await writeFile(bodyFile, body);
  const described = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  };
  return { head: requestHead(line, described), bodyFile };
}

/** The same requests, to what puts something before it answers. */
function durableLanes(name: string, lanes: readonly LaneRequest[]): LaneRequest[] {
  return lanes.map(({ head, bodyFile }, lane) => ({
    head: head.replace(/^\w+ \S+/, `POST /durable/${lane}/${name}`),
    bodyFile,
  }));
}

/** What the bare server answers, and what it puts, is what the service does. */
async function writeBodies(
  folder: string,
  from: { service: ServerProcess; beat: HeldJob | undefined; batch: readonly HeldJob[] },
): Promise<void> {
  const { service, beat, batch } = from;
  const url = `http://127.0.0.1:${service.port}/v1`;
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify(BEAT);
  const answers = {
    heartbeat: await fetch(`${url}/jobs/${beat?.jobId}/lease`, {
      method: 'PUT',
      headers: { ...headers, 'Lease-Token': beat?.token ?? '' },
      body,
    }),
    batch: await fetch(`${url}/heartbeats`, {
      method: 'POST',
      headers,
      body: JSON.stringify(batchOf(batch)),
    }),
  };
  const leaseFolder = `${folder}/jobs/.dalsegno/leases`;
  const leaseFile = (await readdir(leaseFolder)).find(name => name.startsWith('small-0.'));
  const lease = await readFile(`${leaseFolder}/${leaseFile}`);
  for (const [name, answer] of Object.entries(answers)) {
    if (!answer.ok) throw new Error(`The bench was refused: ${await answer.text()}`);
    await writeFile(`${folder}/bodies/${name}`, new Uint8Array(await answer.arrayBuffer()));
    await writeFile(`${folder}/bodies/${name}-put-1`, lease);
  }
  await writeFile(`${folder}/bodies/batch-times`, String(BEATS));
}

import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { AskOptions } from '../support/app.ts';
import { operationsIn } from './counted-bucket.ts';
import { type EdgeService, type Isolate, openEdgeService } from './edge-service.ts';
import type { RequestName } from './operations.ts';

type Given = Promise<Pick<AskOptions, 'headers' | 'json'>>;

/** A request that is counted, and what came before it. */
export interface CountedRequest {
  /** What is done before, in an isolate that may answer the request; what goes with the request. */
  readonly given: (isolate: Isolate, service: EdgeService) => Given;
  readonly request: readonly [method: string, path: string, json?: unknown];
}

const JOB = '/v1/jobs/job-1';
const LEASE = `${JOB}/lease`;
const SHEET = `${JOB}/sheets/1`;
const ASK = { holder: 'w-1' };
const IN_PROGRESS = { status: 'in_progress' };
const COMPLETED = { status: 'completed' };
const PAST_ANY_TTL_MS = 3_600_000;

const REQUESTS: Readonly<Record<RequestName, CountedRequest>> = {
  create: {
    given: nothing,
    request: ['POST', '/v1/jobs', { job_id: 'job-1', job_name: 'A job', total_sheets: 3 }],
  },
  load: { given: created, request: ['GET', JOB] },
  'load of a held job': { given: held, request: ['GET', JOB] },
  'list of 100 jobs': { given: hundredCreated, request: ['GET', '/v1/jobs?limit=100'] },
  'live list of 100 held jobs': {
    given: hundredWithLeases,
    request: ['GET', '/v1/jobs?view=live&limit=100'],
  },
  'list of the stalled of 100 held jobs': {
    given: hundredWithLeases,
    request: ['GET', '/v1/jobs?standing=stalled'],
  },
  'statistics of 100 held jobs': { given: hundredWithLeases, request: ['GET', '/v1/stats'] },
  acquire: { given: created, request: ['POST', LEASE, ASK] },
  claim: { given: created, request: ['POST', '/v1/claims', ASK] },
  'claim where none waits': { given: held, request: ['POST', '/v1/claims', ASK] },
  heartbeat: { given: held, request: ['PUT', LEASE] },
  '100 heartbeats in one request': { given: hundredHeld, request: ['POST', '/v1/heartbeats'] },
  'update in_progress': { given: held, request: ['PUT', SHEET, IN_PROGRESS] },
  'update completed': { given: begun, request: ['PUT', SHEET, COMPLETED] },
  'update of the last sheet': { given: lastBegun, request: ['PUT', SHEET, COMPLETED] },
  'update completed that starts the next sheet': {
    given: begun,
    request: ['PUT', SHEET, { ...COMPLETED, start_next: true }],
  },
  '100 updates of as many jobs in one request': {
    given: hundredToUpdate,
    request: ['POST', '/v1/updates'],
  },
  '100 updates of one job in one request': {
    given: hundredOfOneJob,
    request: ['POST', '/v1/updates'],
  },
  'update after another isolate': {
    given: begunElsewhere,
    request: ['PUT', SHEET, COMPLETED],
  },
  release: { given: held, request: ['DELETE', LEASE] },
  'pause of a held job': { given: heldByAnother, request: ['POST', `${JOB}/pause`] },
  'pause of a job that waits': { given: created, request: ['POST', `${JOB}/pause`] },
  'why of a held job': { given: held, request: ['GET', `${JOB}/why`] },
  'sweep of 10 running jobs': { given: tenRunning, request: ['POST', '/v1/sweep'] },
  'sweep of 10 running jobs, 3 dead': { given: threeDead, request: ['POST', '/v1/sweep'] },
};

/** What a request asks of a bucket in the isolate that has dealt with the job. */
export async function warmOperations(name: RequestName, bucket: R2BucketLike): Promise<string> {
  const service = openEdgeService(bucket);
  const isolate = service.isolate();
  const sent = await REQUESTS[name].given(isolate, service);
  return operationsOf(name, isolate, sent);
}

/** The same in an isolate that remembers nothing. */
export async function coldOperations(name: RequestName, bucket: R2BucketLike): Promise<string> {
  const service = openEdgeService(bucket);
  const sent = await REQUESTS[name].given(service.isolate(), service);
  return operationsOf(name, service.isolate(), sent);
}

async function operationsOf(
  name: RequestName,
  isolate: Isolate,
  sent: Pick<AskOptions, 'headers' | 'json'>,
): Promise<string> {
  const [method, path, json] = REQUESTS[name].request;
  const { calls } = await isolate.spend(method, path, { json, ...sent });
  return operationsIn(calls);
}

async function nothing(): Given {
  return {};
}

async function created(isolate: Isolate): Given {
  await isolate.create();
  return {};
}

async function hundredCreated(isolate: Isolate): Given {
  for (let index = 0; index < 100; index += 1) await isolate.create({ job_id: `job-${index}` });
  return {};
}

async function hundredHeld(isolate: Isolate): Given {
  const tokens = await hold(isolate, { from: 0, to: 100 });
  return { json: { beats: tokens.map(token => ({ token })) } };
}

async function hundredWithLeases(isolate: Isolate): Given {
  await hold(isolate, { from: 0, to: 100 });
  return {};
}

async function hundredToUpdate(isolate: Isolate): Given {
  const tokens = await hold(isolate, { from: 0, to: 100 });
  return {
    json: { updates: tokens.map(token => Object.assign({ token, sheet: 1 }, IN_PROGRESS)) },
  };
}

async function hundredOfOneJob(isolate: Isolate): Given {
  await isolate.create({ total_sheets: 101 });
  const { 'Lease-Token': token } = await isolate.hold('job-1');
  const { status } = COMPLETED;
  const sheets = Array.from({ length: 100 }, (_, index) => index + 1);
  return { json: { updates: sheets.map(sheet => ({ token, sheet, status })) } };
}

async function held(isolate: Isolate): Given {
  await isolate.create();
  return { headers: await isolate.hold('job-1') };
}

async function heldByAnother(isolate: Isolate): Given {
  await held(isolate);
  return {};
}

async function begun(isolate: Isolate): Given {
  const { headers = {} } = await held(isolate);
  await isolate.spend('PUT', SHEET, { json: IN_PROGRESS, headers });
  return { headers };
}

async function begunElsewhere(isolate: Isolate, service: EdgeService): Given {
  const { headers = {} } = await held(isolate);
  await service.isolate().spend('PUT', SHEET, { json: IN_PROGRESS, headers });
  return { headers };
}

async function lastBegun(isolate: Isolate): Given {
  await isolate.create({ total_sheets: 1 });
  const headers = await isolate.hold('job-1');
  await isolate.spend('PUT', SHEET, { json: IN_PROGRESS, headers });
  return { headers };
}

async function tenRunning(isolate: Isolate): Given {
  await hold(isolate, { from: 0, to: 10 });
  return {};
}

async function threeDead(isolate: Isolate, service: EdgeService): Given {
  await hold(isolate, { from: 0, to: 3 });
  service.clock.advance(PAST_ANY_TTL_MS);
  await hold(isolate, { from: 3, to: 10 });
  return {};
}

/** The tokens of the jobs that it creates and holds. */
async function hold(
  isolate: Isolate,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<(string | undefined)[]> {
  const tokens: (string | undefined)[] = [];
  for (let index = from; index < to; index += 1) {
    await isolate.create({ job_id: `job-${index}` });
    tokens.push((await isolate.hold(`job-${index}`))['Lease-Token']);
  }
  return tokens;
}

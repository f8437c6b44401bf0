import { requestHead } from '../../bench/http/http-load.ts';
import { MEDIUM, type Size, SMALL, stateBody } from '../../bench/jobs/state.ts';
import { JOBS, type Kind, WAITING } from './work.ts';

const CLAIM = JSON.stringify({ holder: 'soak', ttl_seconds: 3600 });
const BEAT = JSON.stringify({ progress: { sheet: 3, done: 0.5 } });
const UPDATES = ['completed', 'in_progress'].map(status => JSON.stringify({ status }));

export const readJob = (nth: number) => `read-${nth}`;
export const largeJob = (nth: number) => `large-${nth}`;
export const saveJob = (nth: number) => `save-${nth}`;
export const heldJob = (nth: number) => `held-${nth}`;
export const waitingJob = (nth: number) => `waiting-${nth}`;

/** The jobs of a soak with the sizes of their states. The number of jobs stays what it is. */
export function jobsOfSoak(): { readonly jobId: string; readonly size: Size }[] {
  const many = (idOf: (nth: number) => string, count: number, size: Size) =>
    Array.from({ length: count }, (_, nth) => ({ jobId: idOf(nth), size }));
  return [
    ...many(readJob, JOBS, SMALL),
    ...many(largeJob, JOBS / 8, MEDIUM),
    ...many(saveJob, JOBS, SMALL),
    ...many(heldJob, JOBS, SMALL),
    ...many(waitingJob, WAITING, SMALL),
  ];
}

/** The bytes of the nth call of each kind. */
export type Requests = Readonly<Record<Kind, (nth: number) => Buffer>>;

export function createRequests(tokens: readonly string[]): Requests {
  const saves = Array.from({ length: JOBS }, (_, job) =>
    [SMALL.sheets, SMALL.sheets - 1].map(completed =>
      request(`PUT /v1/jobs/${saveJob(job)}`, stateBody(saveJob(job), SMALL, { completed }), {
        'If-Match': '*',
      }),
    ),
  );
  const held = (nth: number) => ({ 'Lease-Token': tokens[nth % JOBS] ?? '' });
  return {
    get: nth => request(`GET /v1/jobs/${readJob(nth % JOBS)}`),
    'get-large': nth => request(`GET /v1/jobs/${largeJob(nth % (JOBS / 8))}`),
    update: nth => {
      const update = UPDATES[Math.floor(nth / JOBS) % 2] ?? '';
      const line = `PUT /v1/jobs/${heldJob(nth % JOBS)}/sheets/${SMALL.sheets}`;
      return request(line, update, held(nth));
    },
    save: nth => saves[nth % JOBS]?.[Math.floor(nth / JOBS) % 2] ?? Buffer.alloc(0),
    heartbeat: nth => request(`PUT /v1/jobs/${heldJob(nth % JOBS)}/lease`, BEAT, held(nth)),
    claim: () => request('POST /v1/claims', CLAIM),
  };
}

/** Of the lease in the answer to a claim. Throws if nothing was granted. */
export function releaseOf(grant: string): Buffer {
  const jobId = /"job_id":"([^"]+)"/.exec(grant)?.[1];
  const token = /"token":"([^"]+)"/.exec(grant)?.[1];
  if (jobId === undefined || token === undefined) throw new Error('Nothing was granted');
  return request(`DELETE /v1/jobs/${jobId}/lease`, null, { 'Lease-Token': token });
}

function request(
  line: string,
  body: string | Uint8Array | null = null,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  if (body === null) return Buffer.from(requestHead(line, headers));
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const described = {
    'Content-Type': 'application/json',
    'Content-Length': bytes.byteLength,
    Prefer: 'return=minimal',
    ...headers,
  };
  return Buffer.concat([Buffer.from(requestHead(line, described)), bytes]);
}

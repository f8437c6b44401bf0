import type { Call } from './many-jobs.ts';

/** A request to measure. What `prepare` does is not measured. */
export interface MeasuredRequest {
  readonly name: string;
  /** It reads thousands of rows, or waits. */
  readonly isLong?: boolean;
  readonly prepare?: (call: Call) => Promise<Record<string, string>>;
  /** With what `prepare` has returned. */
  readonly run: (call: Call, known: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** The requests of a dashboard, an operator and a worker. The names and holders are those of `makeManyJobs`. */
export const REQUESTS: readonly MeasuredRequest[] = [
  list('first page', ''),
  list('first page, oldest first', 'order=oldest'),
  {
    name: 'a page far behind',
    prepare: async call => ({ cursor: await cursorAfter(call, 2) }),
    run: (call, { cursor }) => call('GET', `/v1/jobs?limit=50&cursor=${cursor}`),
  },
  list('status, many', 'status=pending'),
  list('status, few', 'status=paused_at_chain'),
  list('two statuses', 'status=running,paused'),
  list('name, many', 'job_name=name-1'),
  list('name, few', 'job_name=name-997'),
  list('name, none', 'job_name=nobody'),
  list('name and status', 'job_name=name-1&status=running'),
  list('name and status, none', 'job_name=name-1&status=paused_at_chain'),
  list('holder', 'holder=holder-10'),
  list('holder and status, none', 'holder=holder-10&status=paused'),
  list('updated before', 'updated_before=2026-01-01&status=failed'),
  list('text in id or name, many', 'q=name-2'),
  { ...list('text in id or name, none', 'q=nowhere'), isLong: true },
  list('standing waiting', 'standing=waiting'),
  list('standing held', 'standing=held'),
  list('standing stalled', 'standing=stalled'),
  list('standing zombie', 'standing=zombie'),
  list('standing unleased', 'standing=unleased'),
  list('standing finished', 'standing=finished'),
  list('standing resting', 'standing=resting'),
  list('view=live', 'view=live'),
  list('view=live of running jobs', 'view=live&status=running'),
  { name: 'statistics', run: call => call('GET', '/v1/stats') },
  { name: 'metrics', run: call => call('GET', '/metrics') },
  { name: 'readyz', run: call => call('GET', '/readyz') },
  { name: 'doctor', run: call => call('POST', '/v1/doctor'), isLong: true },
  { name: 'job', run: call => call('GET', '/v1/jobs/j0000500') },
  { name: 'why', run: call => call('GET', '/v1/jobs/j0000500/why') },
  claim('claim', {}),
  claim('claim by name, many', { job_name: 'name-1' }),
  claim('claim by name, few', { job_name: 'name-997' }),
  claim('claim by name, none', { job_name: 'nobody' }),
  claim('claim of ten', { max: 10 }),
  {
    name: 'heartbeat',
    prepare: claimOne,
    run: (call, { path, token = '' }) => call('PUT', `${path}/lease`, { json: {}, token }),
  },
  {
    name: 'update of a sheet',
    prepare: claimOne,
    run: (call, { path, token = '' }) =>
      call('PUT', `${path}/sheets/1`, { json: { status: 'completed' }, token }),
  },
  {
    name: 'release',
    prepare: claimOne,
    run: (call, { path, token = '' }) => call('DELETE', `${path}/lease`, { token }),
  },
  {
    name: 'bulk: 50 of a name',
    run: call => bulk(call, { job_name: 'name-900', status: ['completed'] }),
  },
  { name: 'bulk: how many of a status', run: call => preview(call, { status: ['failed'] }) },
  { name: 'sweep', run: call => call('POST', '/v1/sweep') },
];

function list(name: string, query: string): MeasuredRequest {
  return { name: `list: ${name}`, run: call => call('GET', `/v1/jobs?limit=50&${query}`) };
}

function claim(name: string, json: Readonly<Record<string, unknown>>): MeasuredRequest {
  return {
    name,
    run: call => call('POST', '/v1/claims', { json: { holder: 'measure', ...json } }),
  };
}

async function claimOne(call: Call): Promise<Record<string, string>> {
  const { lease, token } = await call('POST', '/v1/claims', { json: { holder: 'measure' } });
  const { job_id } = lease as { job_id: string };
  return { path: `/v1/jobs/${job_id}`, token: String(token) };
}

async function cursorAfter(call: Call, pages: number): Promise<string> {
  let cursor = '';
  for (let page = 0; page < pages; page += 1) {
    const { next_cursor } = await call(
      'GET',
      `/v1/jobs?limit=1000${cursor && `&cursor=${cursor}`}`,
    );
    cursor = encodeURIComponent(String(next_cursor));
  }
  return cursor;
}

function bulk(call: Call, filter: unknown): Promise<unknown> {
  return call('POST', '/v1/bulk', { json: { action: 'pause', filter, limit: 50 } });
}

function preview(call: Call, filter: unknown): Promise<unknown> {
  return call('POST', '/v1/bulk', { json: { action: 'pause', filter, dry_run: true } });
}

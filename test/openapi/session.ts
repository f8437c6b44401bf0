import type { Example } from '../../functions/openapi/examples/example.ts';

/** A call of the session. Its request may hold what earlier answers said. */
export interface Step extends Pick<Example, 'operation' | 'name' | 'summary'> {
  request(earlier: Earlier): Call;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The answers of the session so far. */
export interface Earlier {
  /** The lease token in the answer to a call, or in that of the grant with this number. */
  token(call: string, grant?: number): string;
  etag(call: string): string;
  /** The id in the first event of the stream. */
  streamId(call: string): string;
}

const KEY = 'nSx8ynBkvUmG3dWqTQ4b7w';
const MINIMAL = { Prefer: 'return=minimal' };

function step(operation: string, [name, summary]: readonly [string, string], call: Call): Step {
  return { operation, name, summary, request: () => call };
}

function after(
  operation: string,
  [name, summary]: readonly [string, string],
  request: (earlier: Earlier) => Call,
): Step {
  return { operation, name, summary, request };
}

function get(path: string, headers: Readonly<Record<string, string>> = {}): Call {
  return { method: 'GET', path, headers };
}

function post(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Call {
  return { method: 'POST', path, headers, ...(body === undefined ? {} : { body }) };
}

function put(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Call {
  return { method: 'PUT', path, headers, ...(body === undefined ? {} : { body }) };
}

function held(token: string): Readonly<Record<string, string>> {
  return { 'Lease-Token': token };
}

const IMPORT = { job_id: 'etl-7', job_name: 'Nightly import', total_sheets: 3 };
const CLAIM = 'claimJobs.oneJob';

const creating: readonly Step[] = [
  step('createJob', ['created', 'A job of three sheets'], post('/v1/jobs', IMPORT)),
  step(
    'createJob',
    ['withoutState', 'With a key for repeated calls, and an answer without the state'],
    post(
      '/v1/jobs',
      {
        job_id: 'etl-8',
        job_name: 'Nightly import',
        total_sheets: 20,
        config_snapshot: { source: 's3://bucket/2026-11-23' },
      },
      { ...MINIMAL, 'Idempotency-Key': KEY },
    ),
  ),
  step(
    'createJob',
    ['another', 'A job that nobody will run'],
    post('/v1/jobs', { ...IMPORT, job_id: 'etl-10', job_name: 'Monthly import' }),
  ),
  step('createJob', ['exists', 'The job exists already'], post('/v1/jobs', IMPORT)),
  step(
    'createJob',
    ['invalid', 'A required member is missing'],
    post('/v1/jobs', { job_id: 'etl-9', total_sheets: 0 }),
  ),
  step(
    'listJobs',
    ['filtered', 'The first job of a status'],
    get('/v1/jobs?status=pending,paused&limit=1'),
  ),
  step(
    'listJobs',
    ['full', 'With whole states'],
    get('/v1/jobs?view=full&limit=1', { 'X-Request-Id': 'list-7' }),
  ),
  step('listJobs', ['unknownParameter', 'No such parameter'], get('/v1/jobs?state=pending')),
  step('headJobs', ['head', 'Without a body'], { method: 'HEAD', path: '/v1/jobs' }),
];

const saving: readonly Step[] = [
  step('getJob', ['state', 'The whole state'], get('/v1/jobs/etl-7')),
  after('getJob', ['known', 'The version is known already'], earlier =>
    get('/v1/jobs/etl-7', { 'If-None-Match': earlier.etag('getJob.state') }),
  ),
  step('getJob', ['unknown', 'There is no such job'], get('/v1/jobs/etl-99')),
  step('headJob', ['head', 'Only the version'], { method: 'HEAD', path: '/v1/jobs/etl-7' }),
  after('saveJob', ['saved', 'The version that was read'], earlier =>
    put(
      '/v1/jobs/etl-7',
      { ...IMPORT, config_path: 'imports/nightly.yaml' },
      { 'If-Match': earlier.etag('getJob.state') },
    ),
  ),
  after('saveJob', ['conflict', 'Another caller was faster'], earlier =>
    put('/v1/jobs/etl-7', IMPORT, { 'If-Match': earlier.etag('getJob.state') }),
  ),
  step('saveJob', ['unconditional', 'Without a precondition'], put('/v1/jobs/etl-7', IMPORT)),
  step(
    'saveJob',
    ['created', 'Only if there is none'],
    put(
      '/v1/jobs/report-1',
      { job_id: 'report-1', job_name: 'Report', total_sheets: 1 },
      { 'If-None-Match': '*' },
    ),
  ),
  step(
    'saveJob',
    ['overwritten', 'Whatever is stored, and an answer without the state'],
    put(
      '/v1/jobs/report-1',
      { job_id: 'report-1', job_name: 'Report', total_sheets: 2 },
      { 'If-Match': '*', ...MINIMAL },
    ),
  ),
];

const leasing: readonly Step[] = [
  step(
    'claimJobs',
    ['oneJob', 'The job that has waited longest'],
    post('/v1/claims', { holder: 'importer-1', ttl_seconds: 60 }),
  ),
  step(
    'acquireLease',
    ['held', 'Another holder has it'],
    post('/v1/jobs/etl-7/lease', { holder: 'importer-2' }),
  ),
  step(
    'acquireLease',
    ['acquired', 'A job by its id, without its state'],
    post('/v1/jobs/report-1/lease', { holder: 'reporter-1', ttl_seconds: 300 }, MINIMAL),
  ),
  step(
    'claimJobs',
    ['severalJobs', 'Up to ten jobs, each with its next sheet started'],
    post(
      '/v1/claims',
      { holder: 'importer-2', max: 10, start_next: true, job_name: 'Nightly import' },
      MINIMAL,
    ),
  ),
  step(
    'claimJobs',
    ['none', 'No job of this name waits'],
    post('/v1/claims', { holder: 'importer-3', job_name: 'Nightly import' }),
  ),
  after('renewLease', ['progress', 'A heartbeat with progress'], earlier =>
    put('/v1/jobs/etl-7/lease', { progress: 'row 1200' }, held(earlier.token(CLAIM))),
  ),
  after('renewLease', ['bare', 'A heartbeat without a body'], earlier =>
    put('/v1/jobs/etl-7/lease', undefined, held(earlier.token(CLAIM))),
  ),
  after('renewLeases', ['two', 'Two heartbeats, one of them with a bad token'], earlier =>
    post('/v1/heartbeats', {
      beats: [{ token: earlier.token(CLAIM), progress: { row: 1300 } }, { token: 'dsl_unknown' }],
    }),
  ),
];

const working: readonly Step[] = [
  step('getNextSheet', ['first', 'Where the job begins'], get('/v1/jobs/etl-7/next-sheet')),
  step(
    'getNextSheet',
    ['unknown', 'An unknown job begins with sheet 1'],
    get('/v1/jobs/etl-99/next-sheet'),
  ),
  step('headNextSheet', ['head', 'Without a body'], {
    method: 'HEAD',
    path: '/v1/jobs/etl-7/next-sheet',
  }),
  after('updateSheet', ['started', 'The sheet begins'], earlier =>
    put('/v1/jobs/etl-7/sheets/1', { status: 'in_progress' }, held(earlier.token(CLAIM))),
  ),
  after('updateSheet', ['completed', 'It is completed, and the next one begins'], earlier =>
    put(
      '/v1/jobs/etl-7/sheets/1',
      {
        status: 'completed',
        attempt: 1,
        start_next: true,
        execution_duration_seconds: 12.5,
        stdout: '1300 rows\n',
        validation_details: [{ rule_type: 'file_exists', path: 'out/1.csv', passed: true }],
      },
      held(earlier.token(CLAIM)),
    ),
  ),
  after('updateSheet', ['failed', 'It failed, and counts as an error of the sheet'], earlier =>
    put(
      '/v1/jobs/etl-7/sheets/2',
      {
        status: 'failed',
        attempt: 1,
        error_message: 'The source answered 503',
        error_category: 'network',
        error_type: 'transient',
        exit_code: 1,
      },
      held(earlier.token(CLAIM)),
    ),
  ),
  step(
    'updateSheet',
    ['held', 'Without the token of the lease'],
    put('/v1/jobs/etl-7/sheets/2', { status: 'in_progress' }),
  ),
  after('updateSheet', ['skipped', 'It is left out'], earlier =>
    put(
      '/v1/jobs/report-1/sheets/1',
      { status: 'skipped', reason: 'Nothing to report' },
      held(earlier.token('acquireLease.acquired')),
    ),
  ),
  after('updateSheets', ['two', 'One is accepted and one is refused'], earlier =>
    post('/v1/updates', {
      updates: [
        {
          token: earlier.token('claimJobs.severalJobs', 0),
          sheet: 1,
          status: 'completed',
          start: 2,
        },
        { token: earlier.token('claimJobs.severalJobs', 0), sheet: 99, status: 'completed' },
      ],
    }),
  ),
];

const watching: readonly Step[] = [
  after('openPresence', ['stream', 'The first events'], earlier =>
    post('/v1/presence', { tokens: [earlier.token('claimJobs.severalJobs', 0)], grace_ms: 2000 }),
  ),
  after('changePresence', ['added', 'A second lease'], earlier =>
    put(`/v1/presence/${earlier.streamId('openPresence.stream')}`, {
      tokens: [earlier.token('acquireLease.acquired')],
    }),
  ),
  after('changePresence', ['confirmed', 'A ping is confirmed'], earlier =>
    put(`/v1/presence/${earlier.streamId('openPresence.stream')}`),
  ),
  step(
    'changePresence',
    ['unknown', 'No such stream'],
    put('/v1/presence/0f8fad5bd9cb469fa16570867728950e'),
  ),
];

const controlling: readonly Step[] = [
  step('pauseJob', ['requested', 'The holder is asked'], post('/v1/jobs/etl-7/pause')),
  step('resumeJob', ['takenBack', 'The request is taken back'], post('/v1/jobs/etl-7/resume')),
  after('pauseJob', ['done', 'By the holder itself, at once'], earlier =>
    post('/v1/jobs/etl-7/pause', {}, held(earlier.token(CLAIM))),
  ),
  after('renewLease', ['lost', 'The lease is over'], earlier =>
    put('/v1/jobs/etl-7/lease', {}, held(earlier.token(CLAIM))),
  ),
  step('resumeJob', ['done', 'It can be claimed again'], post('/v1/jobs/etl-7/resume')),
  step('cancelJob', ['requested', 'The holder is asked'], post('/v1/jobs/etl-8/cancel', {})),
  step('failJob', ['requested', 'With a reason'], {
    method: 'POST',
    path: '/v1/jobs/report-1/fail',
    headers: {},
    body: { error_message: 'The month is not closed' },
  }),
  step('getWhy', ['held', 'Somebody holds the job'], get('/v1/jobs/report-1/why')),
  step('headWhy', ['head', 'Without a body'], { method: 'HEAD', path: '/v1/jobs/report-1/why' }),
  after('releaseLease', ['released', 'What was requested is done'], earlier => ({
    method: 'DELETE',
    path: '/v1/jobs/report-1/lease',
    headers: held(earlier.token('acquireLease.acquired')),
  })),
  step('failJob', ['done', 'At once'], post('/v1/jobs/etl-7/fail', { error_message: 'No source' })),
  step(
    'cancelJob',
    ['done', 'At once, also where somebody holds the job'],
    post('/v1/jobs/etl-8/cancel?force=true'),
  ),
  step('pauseJob', ['finished', 'It is too late to pause a job'], post('/v1/jobs/etl-8/pause')),
  step(
    'completeJob',
    ['untouched', 'All its sheets are skipped'],
    post('/v1/jobs/etl-10/complete'),
  ),
  step('getWhy', ['finished', 'The job is finished'], get('/v1/jobs/etl-8/why')),
  step('listJobs', ['summaries', 'All jobs'], get('/v1/jobs')),
  step(
    'listJobs',
    ['held', 'The jobs of one holder'],
    get('/v1/jobs?view=live&standing=held&limit=5'),
  ),
  step('getJob', ['history', 'A job that changed hands'], get('/v1/jobs/etl-8')),
  step(
    'completeJob',
    ['finished', 'A cancelled job stays cancelled'],
    post('/v1/jobs/etl-8/complete'),
  ),
  step('resumeJob', ['failed', 'Also a failed job'], post('/v1/jobs/etl-7/resume')),
  step(
    'completeJob',
    ['done', 'No other sheet of it will run'],
    post('/v1/jobs/etl-7/complete', {}),
  ),
  step(
    'changeJobs',
    ['preview', 'How many jobs the filter takes'],
    post('/v1/bulk', { action: 'delete', filter: { status: 'cancelled' }, dry_run: true }),
  ),
  step(
    'changeJobs',
    ['done', 'What was done'],
    post('/v1/bulk', { action: 'cancel', filter: { q: 'etl' } }),
  ),
  step('deleteJob', ['deleted', 'It is gone'], { method: 'DELETE', path: '/v1/jobs/report-1' }),
];

const operating: readonly Step[] = [
  step('sweep', ['report', 'What the pass did'], post('/v1/sweep?limit=100')),
  step('examineStore', ['diagnosis', 'What the store does'], post('/v1/doctor?list_keys=5')),
  step('move', ['nothing', 'Everything is in one store'], post('/v1/move')),
  step('getStats', ['counts', 'What there is'], get('/v1/stats')),
  step('headStats', ['head', 'Without a body'], { method: 'HEAD', path: '/v1/stats' }),
  step('getMetrics', ['text', 'The text format of Prometheus'], get('/metrics')),
  step('headMetrics', ['head', 'Without a body'], { method: 'HEAD', path: '/metrics' }),
  step('getHealth', ['alive', 'It answers'], get('/healthz')),
  step('headHealth', ['head', 'Without a body'], { method: 'HEAD', path: '/healthz' }),
  step('getReadiness', ['ready', 'It can work'], get('/readyz')),
  step('headReadiness', ['head', 'Without a body'], { method: 'HEAD', path: '/readyz' }),
];

/** All calls whose answers are examples, in the order in which they are made. */
export const SESSION: readonly Step[] = [
  ...creating,
  ...saving,
  ...leasing,
  ...working,
  ...watching,
  ...controlling,
  ...operating,
];

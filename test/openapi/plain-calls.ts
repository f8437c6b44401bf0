import type { Call } from './session.ts';
import type { Stage } from './stage.ts';

const KEY = { 'Idempotency-Key': 'nSx8ynBkvUmG3dWqTQ4b7w' };
const STATE = { job_id: 'held_1', job_name: 'A job', total_sheets: 2 };

/** For each operation a call that succeeds on a stage, with everything that it can have. */
export const PLAIN_CALLS: Readonly<Record<string, (stage: Stage) => Call>> = {
  listJobs: () => ({ method: 'GET', path: '/v1/jobs' }),
  createJob: () => ({
    method: 'POST',
    path: '/v1/jobs',
    headers: KEY,
    body: { ...STATE, job_id: 'new_1' },
  }),
  getJob: () => ({ method: 'GET', path: '/v1/jobs/held_1' }),
  saveJob: stage => ({
    method: 'PUT',
    path: '/v1/jobs/held_1',
    headers: { 'If-Match': '*', ...held(stage) },
    body: STATE,
  }),
  deleteJob: stage => ({ method: 'DELETE', path: '/v1/jobs/held_1', headers: held(stage) }),
  getWhy: () => ({ method: 'GET', path: '/v1/jobs/held_1/why' }),
  getNextSheet: () => ({ method: 'GET', path: '/v1/jobs/held_1/next-sheet' }),
  updateSheet: stage => ({
    method: 'PUT',
    path: '/v1/jobs/held_1/sheets/1',
    headers: held(stage),
    body: { status: 'in_progress' },
  }),
  updateSheets: ({ token }) => ({
    method: 'POST',
    path: '/v1/updates',
    body: { updates: [{ token, sheet: 1, status: 'in_progress' }] },
  }),
  claimJobs: () => ({
    method: 'POST',
    path: '/v1/claims',
    headers: KEY,
    body: { holder: 'w-2' },
  }),
  acquireLease: () => ({
    method: 'POST',
    path: '/v1/jobs/idle_1/lease',
    headers: KEY,
    body: { holder: 'w-2' },
  }),
  renewLease: stage => ({
    method: 'PUT',
    path: '/v1/jobs/held_1/lease',
    headers: held(stage),
    body: {},
  }),
  releaseLease: stage => ({
    method: 'DELETE',
    path: '/v1/jobs/held_1/lease',
    headers: held(stage),
  }),
  renewLeases: ({ token }) => ({
    method: 'POST',
    path: '/v1/heartbeats',
    body: { beats: [{ token }] },
  }),
  openPresence: ({ token }) => ({
    method: 'POST',
    path: '/v1/presence',
    body: { tokens: [token] },
  }),
  changePresence: ({ token, streamId }) => ({
    method: 'PUT',
    path: `/v1/presence/${streamId}`,
    body: { tokens: [token] },
  }),
  pauseJob: stage => control('pause', stage),
  cancelJob: stage => control('cancel', stage),
  failJob: stage => control('fail', stage),
  completeJob: stage => control('complete', stage),
  changeJobs: () => ({
    method: 'POST',
    path: '/v1/bulk',
    body: { action: 'resume', filter: { q: 'held' } },
  }),
  resumeJob: () => ({ method: 'POST', path: '/v1/jobs/held_1/resume', body: {} }),
  getStats: () => ({ method: 'GET', path: '/v1/stats' }),
  sweep: () => ({ method: 'POST', path: '/v1/sweep' }),
  examineStore: () => ({ method: 'POST', path: '/v1/doctor' }),
  listObjects: () => ({ method: 'GET', path: '/v1/objects?prefix=jobs/' }),
  getObject: () => ({ method: 'GET', path: '/v1/object?key=jobs/held_1.json' }),
  putObject: () => ({ method: 'PUT', path: '/v1/object?key=copied/held_1.json', body: {} }),
  move: () => ({ method: 'POST', path: '/v1/move' }),
  getMetrics: () => ({ method: 'GET', path: '/metrics' }),
  getHealth: () => ({ method: 'GET', path: '/healthz' }),
  getReadiness: () => ({ method: 'GET', path: '/readyz' }),
};

function control(action: string, stage: Stage): Call {
  return {
    method: 'POST',
    path: `/v1/jobs/held_1/${action}`,
    headers: held(stage),
    body: {},
  };
}

function held({ token }: Stage): Readonly<Record<string, string>> {
  return { 'Lease-Token': token };
}

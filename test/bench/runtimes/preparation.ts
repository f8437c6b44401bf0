import type { ServerProcess } from '../http/server-process.ts';
import { MEDIUM, type Size, SMALL, stateBody } from '../jobs/state.ts';
import {
  BEAT,
  CLAIM,
  COMPLETED,
  heldJob,
  readJob,
  saveJob,
  updateJob,
  waitingJob,
} from './calls.ts';

/** Sizes that are read. */
export const READ_SIZES: readonly Size[] = [SMALL, MEDIUM];

/** Puts the jobs of each call into the service. Returns the tokens of the held ones. */
export async function prepareJobs(service: ServerProcess, lanes: number): Promise<string[]> {
  const ask = askerOf(service);
  // The first request waits for the examination of the store, and a body must not wait with it.
  await ask('GET', '/healthz');
  const save = async (jobId: string, size: Size) => {
    const headers = { 'If-None-Match': '*' };
    await ask('PUT', `/v1/jobs/${jobId}`, { body: stateBody(jobId, size), headers });
  };
  for (const size of READ_SIZES) await save(readJob(size.name), size);
  const tokens: string[] = [];
  for (let lane = 0; lane < lanes; lane++) {
    await save(saveJob(lane), SMALL);
    await save(updateJob(lane), SMALL);
    await save(heldJob(lane), SMALL);
    tokens.push(tokenIn(await ask('POST', `/v1/jobs/${heldJob(lane)}/lease`, { json: CLAIM })));
    // Twice as many as are claimed at once: a claim always finds one.
    for (const nth of [2 * lane, 2 * lane + 1]) {
      await save(waitingJob(nth), SMALL);
      await ask('POST', `/v1/jobs/${waitingJob(nth)}/resume`);
    }
  }
  return tokens;
}

/** Gives the bare application what the service answers, and what it stores for it. */
export async function copyAnswers(
  service: ServerProcess,
  bare: ServerProcess,
  token: string,
): Promise<void> {
  const ask = askerOf(service);
  const give = async (name: string, body: string | Uint8Array<ArrayBuffer>) => {
    await askerOf(bare)('PUT', `/bodies/${name}`, { body });
  };
  for (const { name } of READ_SIZES)
    await give(readJob(name), await ask('GET', `/v1/jobs/${readJob(name)}`));
  const minimal = { Prefer: 'return=minimal' };
  const job = stateBody(saveJob(0), SMALL);
  const saved = { body: job, headers: { ...minimal, 'If-Match': '*' } };
  await give('save', await ask('PUT', `/v1/jobs/${saveJob(0)}`, saved));
  const sheet = `/v1/jobs/${updateJob(0)}/sheets/${SMALL.sheets}`;
  await give('update', await ask('PUT', sheet, { json: COMPLETED, headers: minimal }));
  const held = { json: BEAT, headers: { ...minimal, 'Lease-Token': token } };
  await give('heartbeat', await ask('PUT', `/v1/jobs/${heldJob(0)}/lease`, held));
  const grant = await ask('POST', '/v1/claims', { json: CLAIM, headers: minimal });
  await give('claim', grant);
  const headers = { 'Lease-Token': tokenIn(grant) };
  const jobId = /"job_id":"([^"]+)"/.exec(grant)?.[1] ?? '';
  await give('release', await ask('DELETE', `/v1/jobs/${jobId}/lease`, { headers }));
  await give('job', job);
  await give('lease', new Uint8Array(LEASE_BYTES));
}

const LEASE_BYTES = 400;

interface Sent {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

type Ask = (method: string, path: string, sent?: Sent) => Promise<string>;

function askerOf({ port }: ServerProcess): Ask {
  return async (method, path, { body, json, headers = {} } = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was a ${answer.status}: ${text}`);
    return text;
  };
}

function tokenIn(text: string): string {
  const token = /"token":"([^"]+)"/.exec(text)?.[1];
  if (token === undefined) throw new Error(`No token: ${text}`);
  return token;
}

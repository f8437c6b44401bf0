import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fetch, runWorker, type WorkerEvent } from '../../lib/worker.ts';
import { startService } from '../node/service.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { DOCUMENT, OPERATIONS } from './document.ts';
import { earlierOf, type Played } from './earlier.ts';
import { startPrism } from './prism.ts';
import { type Call, SESSION, type Step } from './session.ts';

/** The proxy passes a stream on when it has ended, and no request that is not as the document says. */
const SKIPPED: ReadonlySet<string> = new Set([
  'openPresence.stream',
  'changePresence.added',
  'changePresence.confirmed',
  'createJob.invalid',
  'listJobs.unknownParameter',
]);

/** It knows no status whose answer may have a body or none: a create that prefers no state is sent past it. */
const DIRECT = 'createJob.withoutState';

const STEPS = SESSION.filter(({ operation, name }) => !SKIPPED.has(`${operation}.${name}`));
const JOBS = ['import-1', 'import-2', 'import-3'];

function send(url: string, { method, path, headers = {}, body }: Call): Promise<Response> {
  if (body === undefined) return fetch(`${url}${path}`, { method, headers });
  const typed = { 'Content-Type': 'application/json', ...headers };
  return fetch(`${url}${path}`, { method, headers: typed, body: JSON.stringify(body) });
}

/** What Prism has against a call or its answer; null where it has nothing. */
async function violationOf(response: Response): Promise<string | null> {
  const text = await response.clone().text();
  if (text.includes('stoplight.io/prism/errors')) return text.slice(0, 1000);
  return response.headers.get('sl-violations');
}

/** Makes the calls one after the other; what Prism has against them. */
async function playThrough(
  steps: readonly Step[],
  { proxy, service }: { readonly proxy: string; readonly service: string },
): Promise<readonly string[]> {
  const answered = new Map<string, Played>();
  const violations: string[] = [];
  for (const step of steps) {
    const name = `${step.operation}.${step.name}`;
    const url = name === DIRECT ? service : proxy;
    const response = await send(url, step.request(earlierOf(answered)));
    const violation = await violationOf(response);
    if (violation !== null) violations.push(`${name}: ${violation}`);
    const text = await response.text();
    answered.set(name, {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined,
    });
  }
  return violations;
}

/** Two workers run jobs to their end; what Prism has against their calls, and how many there were. */
async function workThrough(url: string) {
  const violations: string[] = [];
  let calls = 0;
  const watched: Fetch = async request => {
    const response = await fetch(request);
    calls += 1;
    const violation = await violationOf(response);
    if (violation !== null) violations.push(`${request.method} ${request.url}: ${violation}`);
    return response;
  };
  const stop = new AbortController();
  const unfinished = new Set(JOBS);
  function onEvent(event: WorkerEvent): void {
    if (event.type !== 'sheet-completed' || event.progress[0] < event.progress[1]) return;
    unfinished.delete(event.jobId);
    if (unfinished.size === 0) stop.abort();
  }
  const run = (holder: string) =>
    runWorker({
      url,
      holder,
      jobName: 'Import',
      concurrency: 2,
      presence: false,
      fetch: watched,
      signal: stop.signal,
      onEvent,
      async onSheet(context) {
        context.progress({ row: context.sheet });
        return { stdout: `sheet ${context.sheet}` };
      },
    });
  await Promise.all([run('importer-1'), run('importer-2')]);
  return { violations, calls };
}

describe('Prism, as a proxy that validates', () => {
  it('has nothing against the calls of all operations and of workers, nor against their answers', async () => {
    const service = await startService();
    const document = join(await makeTemporaryFolder(), 'openapi.json');
    await writeFile(document, JSON.stringify(DOCUMENT));
    const prism = await startPrism(document, service.url);
    const urls = { proxy: prism.url, service: service.url };
    expect(await playThrough(STEPS, urls)).toEqual([]);
    for (const job_id of JOBS) {
      const body = { job_id, job_name: 'Import', total_sheets: 3 };
      await send(prism.url, { method: 'POST', path: '/v1/jobs', body });
    }
    const { violations, calls } = await workThrough(prism.url);
    expect(violations).toEqual([]);
    expect(calls).toBeGreaterThan(6);
    // It would say so.
    const wrong = await send(prism.url, {
      method: 'POST',
      path: '/v1/claims',
      body: { holder: 7 },
    });
    expect(await violationOf(wrong)).toContain('holder');
  });

  it('gets calls of all operations but those that Node does not have', () => {
    const called = new Set(STEPS.map(({ operation }) => operation));
    const missing = OPERATIONS.filter(({ operationId }) => !called.has(operationId));
    expect(missing.map(({ operationId }) => operationId)).toEqual([
      'openPresence',
      'listObjects',
      'headObjects',
      'getObject',
      'headObject',
      'putObject',
    ]);
  });
});

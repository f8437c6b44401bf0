import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { JobObjectsLike } from '../../functions/cloudflare/bindings.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';
import { aState } from '../support/state.ts';
import worker, { controlledEnv, token } from './main.ts';

const bound = env['JOB_OBJECTS'] as JobObjectsLike;

/** A client of the Workers entry. `objects` is the binding of the objects; without it there are none. */
export function clientOf(objects: JobObjectsLike | null = bound) {
  const { JOB_OBJECTS: _bound, ...others } = controlledEnv(env);
  const given = objects === null ? others : { ...others, JOB_OBJECTS: objects };

  async function fetch(method: string, path: string, options: AskOptions = {}): Promise<Response> {
    const headers = {
      Authorization: `Bearer ${token.text}`,
      ...lengthOf(options),
      ...options.headers,
    };
    const request = new Request(`http://localhost${path}`, initOf(method, { ...options, headers }));
    const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
    return worker.fetch(request, given, context);
  }

  return {
    fetch,
    ask: async (method: string, path: string, options?: AskOptions): Promise<Answer> =>
      answerOf(await fetch(method, path, options)),
  };
}

/** The header that a request from outside has, and one that is made in the isolate has not. */
function lengthOf({ json }: AskOptions): Record<string, string> {
  if (json === undefined) return {};
  const { byteLength } = new TextEncoder().encode(JSON.stringify(json));
  return { 'Content-Length': String(byteLength) };
}

/** The binding, where each call is sent to the object of another name of the same job. */
export function alternating(names: number): JobObjectsLike {
  let calls = 0;
  return {
    getByName(name) {
      calls += 1;
      return bound.getByName(`${name} ${calls % names}`);
    },
  };
}

/** The binding, where calls fail as on the platform before they reach the object; `overloaded` marks the errors. */
export function failing(calls: number, marks: { readonly overloaded?: true } = {}): JobObjectsLike {
  let left = calls;
  return {
    getByName(name) {
      left -= 1;
      if (left < 0) return bound.getByName(name);
      return {
        fetch: async () => {
          throw Object.assign(new Error('Durable Object is not reachable.'), marks);
        },
      };
    },
  };
}

/** Ends the object of a job, as the platform ends one that was idle. */
export function evictObject(path: string): Promise<void> {
  return evictDurableObject(bound.getByName(path.split('/').at(-1) ?? ''));
}

let created = 0;

/** A job that no other test has. */
export async function createJob(sheets = 3) {
  created += 1;
  const jobId = `job-${created}`;
  const client = clientOf();
  const answer = await client.ask('POST', '/v1/jobs', {
    json: aState({ job_id: jobId, total_sheets: sheets }),
  });
  const etag = answer.header('etag');
  if (etag === null) throw new Error(`Cannot create the job of a test: ${answer.text}`);
  return { client, path: `/v1/jobs/${jobId}`, etag };
}

import type { Fetch } from '../../../lib/stores/s3/send.ts';
import type { FakeRequest, FakeS3 } from './fake.ts';

/** Replaces the answer to one request, and may make it. */
export type Incident = (call: () => Promise<Response>, request: FakeRequest) => Promise<Response>;

/** The bucket, where the first requests of each kind meet incidents: GET, HEAD, PUT, DELETE and LIST. */
export function incidentsOn(fake: FakeS3, incidents: Partial<Record<string, Incident[]>>): Fetch {
  return async (url, { method, headers, body }) => {
    const request = { method, url, headers, body: body ?? new Uint8Array() };
    const kind = new URL(url).searchParams.has('list-type') ? 'LIST' : method;
    const incident = incidents[kind]?.shift();
    const call = () => fake.answer(request);
    return incident === undefined ? call() : incident(call, request);
  };
}

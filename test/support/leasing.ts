import { expect } from 'vitest';
import { MOVED_FOLDERS } from '../../lib/move/drain.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Answer, AppClient } from './app.ts';

/** Any client of the service. */
export type Client = Pick<AppClient, 'ask'>;

export const JOB = '/v1/jobs/job-1';
export const LEASE = '/v1/jobs/job-1/lease';
export const STATE_KEY = 'jobs/job-1.json';

/** A lease as the one knows it who got it. */
export interface Held {
  readonly answer: Answer;
  readonly token: string;
  readonly leaseId: string;
  /** What proves it, for requests. */
  readonly headers: { readonly 'Lease-Token': string };
  /** Where its object is stored. */
  readonly key: string;
}

/** Leases a job, which must succeed. */
export async function acquire(
  app: Client,
  { path = JOB, ...ask }: Readonly<Record<string, unknown>> & { readonly path?: string } = {},
): Promise<Held> {
  return heldOf(await app.ask('POST', `${path}/lease`, { json: { holder: 'w-1', ...ask } }));
}

/** Claims the next job, which must succeed. */
export async function claim(
  app: Client,
  ask: Readonly<Record<string, unknown>> = {},
): Promise<Held> {
  return heldOf(await app.ask('POST', '/v1/claims', { json: { holder: 'w-1', ...ask } }));
}

/** The job that a claim gets, null where none waits. */
export async function claimed(
  app: Client,
  ask: Readonly<Record<string, unknown>> = {},
): Promise<string | null> {
  const answer = await app.ask('POST', '/v1/claims', { json: { holder: 'w-1', ...ask } });
  return answer.status === 204 ? null : leaseOf(answer).job_id;
}

/** Renews the lease, by which its holder shows that the grant arrived. */
export async function beat(app: Client, held: Held, path = JOB): Promise<Answer> {
  return app.ask('PUT', `${path}/lease`, { headers: held.headers });
}

/** Updates a sheet of `job-1`. */
export function update(
  app: Client,
  sheetNum: number,
  status: string,
  held?: Held,
): Promise<Answer> {
  const headers = held === undefined ? {} : held.headers;
  return app.ask('PUT', `${JOB}/sheets/${sheetNum}`, { json: { status }, headers });
}

export async function load(app: Client, path = JOB): Promise<Answer> {
  return app.ask('GET', path);
}

/** How a job stands that is completed and held by nobody. */
export const COMPLETED = {
  status: 'completed',
  completed_at: expect.any(String),
  dalsegno: { lease: null },
};

export interface ShownLease {
  readonly job_id: string;
  readonly lease_id: string;
  readonly epoch: number;
}

export function leaseOf(answer: Answer): ShownLease {
  return (answer.json as { lease: ShownLease }).lease;
}

export async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

/** What the service keeps in the store, in all folders. */
export async function allKeysOf(store: ObjectStore): Promise<string[]> {
  const folders = await Promise.all(['jobs/', ...MOVED_FOLDERS].map(each => keysOf(store, each)));
  return folders.flat().toSorted();
}

/** The text that is stored under a key, which must be there. */
export async function storedText(store: ObjectStore, key: string = STATE_KEY): Promise<string> {
  const object = await store.get(key);
  if (object === null) throw new Error(`Nothing is stored under ${key}`);
  return new TextDecoder().decode(object.body);
}

/** Stores a text behind the back of the service. */
export async function write(store: ObjectStore, key: string, text: string): Promise<void> {
  await store.put(key, new TextEncoder().encode(text), { kind: 'none' });
}

/** What the store of the tests says where it is not durable. */
export const VOLATILE_LIMITS = createMemoryStore().traits.durable
  ? []
  : ['Stored jobs are lost when the process ends'];

/** A memory store that says of itself that racing writers may both win. */
export function storeWithoutSwap(): ObjectStore {
  const store = createMemoryStore();
  return { ...store, traits: { ...store.traits, compareAndSwap: false } };
}

function heldOf(answer: Answer): Held {
  if (answer.status !== 201) throw new Error(`Cannot lease the job of a test: ${answer.text}`);
  const { token } = answer.json as { token: string };
  const { lease_id: leaseId } = leaseOf(answer);
  const safe = Buffer.from(token.slice(4, token.indexOf('.')), 'base64url').toString();
  return {
    answer,
    token,
    leaseId,
    headers: { 'Lease-Token': token },
    key: `leases/${safe}.${leaseId}.json`,
  };
}

import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';

export const JOB = '/v1/jobs/job-1';
export const TTL_SECONDS = 60;

/** A store, a clock, and applications on them that come and go. */
export interface World {
  readonly store: ObjectStore;
  readonly clock: MovableClock;
  /** An application that knows nothing but the store, as after a restart. */
  open(store?: ObjectStore): AppClient;
  /** Lets every lease of now end, and the seconds for which grants that nobody used delay the next. */
  outlive(): void;
  keys(): Promise<string[]>;
}

export function makeWorld(inner: ObjectStore = createMemoryStore()): World {
  const clock = frozenClock();
  let opened = 0;
  return {
    store: inner,
    clock,
    open(store = inner) {
      opened += 1;
      return openApp({ store, clock, seed: opened });
    },
    outlive: () => clock.advance(TTL_SECONDS * 1000 + 4001),
    async keys() {
      const keys: string[] = [];
      for (const prefix of ['jobs/', 'leases/', 'ready/']) {
        for await (const { key } of inner.list(prefix)) keys.push(key);
      }
      return keys;
    },
  };
}

/** What a grant tells, as far as tests use it. */
export interface Granted {
  readonly token: string;
  readonly lease: { readonly epoch: number; readonly holder: string; readonly job_id: string };
}

export function grantOf(answer: Answer): Granted {
  if (answer.status !== 201) throw new Error(`Expected a lease: ${answer.status} ${answer.text}`);
  return answer.json as Granted;
}

export function withToken(token: string): { readonly headers: Record<string, string> } {
  return { headers: { 'Lease-Token': token } };
}

export function acquire(app: AppClient, holder: string): Promise<Answer> {
  return app.ask('POST', `${JOB}/lease`, { json: { holder } });
}

export function claim(app: AppClient, holder: string): Promise<Answer> {
  return app.ask('POST', '/v1/claims', { json: { holder } });
}

/** What comes before a call that is broken off: a job that waits. */
export async function pending(app: AppClient): Promise<null> {
  await app.create();
  return null;
}

/** A job that is held. */
export async function held(app: AppClient): Promise<Granted> {
  await app.create();
  return grantOf(await acquire(app, 'first'));
}

/** A job that is held, with one sheet. */
export async function lastSheet(app: AppClient): Promise<Granted> {
  await app.create({ total_sheets: 1 });
  return grantOf(await acquire(app, 'first'));
}

export function byHolder(lease: Granted | null): { readonly headers: Record<string, string> } {
  return withToken(lease?.token ?? '');
}

import type { Timestamp } from '../../lib/base/timestamp.ts';
import { jobKey } from '../../lib/keys/job-id.ts';
import { hintKey, nameHashOf } from '../../lib/keys/ready-hint.ts';
import { ABSENT, type ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { byteLengthOf } from '../../lib/stores/parts.ts';
import { type Answer, type AppClient, openApp } from './app.ts';
import { frozenClock, type MovableClock } from './clock.ts';

/** One call of a store. */
export interface StoreCall {
  readonly operation: 'get' | 'head' | 'put' | 'delete' | 'list' | 'follow';
  /** The prefix, for a list. */
  readonly key: string;
  /** Of the body of a put. */
  readonly bytes: number;
  /** How many keys were taken from a list. */
  readonly listed: number;
}

/** A store that tells what it was asked for. */
export interface CountingStore {
  readonly store: ObjectStore;
  /** What was asked since this was last called. */
  takeCalls(): StoreCall[];
}

export function createCountingStore(inner: ObjectStore): CountingStore {
  let calls: StoreCall[] = [];

  function note(operation: StoreCall['operation'], key: string, bytes = 0): void {
    calls.push({ operation, key, bytes, listed: 0 });
  }

  const store: ObjectStore = {
    traits: inner.traits,
    ordered: inner.ordered,
    get(key) {
      note('get', key);
      return inner.get(key);
    },
    head(key) {
      note('head', key);
      return inner.head(key);
    },
    put(key, body, precondition, label, durability) {
      note('put', key, byteLengthOf(body));
      return inner.put(key, body, precondition, label, durability);
    },
    delete(key, precondition, durability) {
      note('delete', key);
      return inner.delete(key, precondition, durability);
    },
    async *list(prefix, after) {
      const call = { operation: 'list' as const, key: prefix, bytes: 0, listed: 0 };
      calls.push(call);
      for await (const entry of inner.list(prefix, after)) {
        call.listed += 1;
        yield entry;
      }
    },
    follow(prefix) {
      note('follow', prefix);
      return inner.follow(prefix);
    },
    followNames(prefix) {
      note('follow', prefix);
      return inner.followNames(prefix);
    },
    locate: key => inner.locate(key),
    close: () => inner.close(),
  };

  return {
    store,
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}

/** How often each operation was asked of each folder: `{ 'get leases/': 1 }`. */
export function countsOf(calls: readonly StoreCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation, key } of calls) {
    const name = `${operation} ${key.slice(0, key.indexOf('/') + 1)}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The keys under a prefix whose bodies were read, ascending. */
export function keysRead(calls: readonly StoreCall[], prefix: string): string[] {
  return calls
    .filter(({ operation, key }) => operation === 'get' && key.startsWith(prefix))
    .map(({ key }) => key)
    .toSorted();
}

/** How many keys were taken from lists of a prefix. */
export function keysListed(calls: readonly StoreCall[], prefix: string): number {
  return calls
    .filter(({ operation, key }) => operation === 'list' && key === prefix)
    .reduce((sum, { listed }) => sum + listed, 0);
}

/** How many bytes were put under a prefix. */
export function bytesPut(calls: readonly StoreCall[], prefix: string): number {
  return calls
    .filter(({ key }) => key.startsWith(prefix))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

/** An application whose calls of the store are counted. */
export interface CountedApp extends AppClient {
  readonly clock: MovableClock;
  takeCalls(): StoreCall[];
  /** A request that must succeed, and what it cost. */
  spend(...request: Parameters<AppClient['ask']>): Promise<{ answer: Answer; calls: StoreCall[] }>;
  /** The headers of the holder that leases the job, for so long as a lease can last. */
  hold(jobId: string): Promise<Record<string, string>>;
  /** As a process that has just been started on the same store. */
  restarted(): CountedApp;
}

export function openCounted(
  store: ObjectStore = createMemoryStore(),
  clock: MovableClock = frozenClock(),
): CountedApp {
  const counting = createCountingStore(store);
  const app = openApp({ store: counting.store, clock });

  async function spend(...request: Parameters<AppClient['ask']>) {
    counting.takeCalls();
    const answer = await app.ask(...request);
    if (answer.status >= 300) throw new Error(`A costed request was refused: ${answer.text}`);
    return { answer, calls: counting.takeCalls() };
  }

  return {
    ...app,
    clock,
    takeCalls: () => counting.takeCalls(),
    spend,
    async hold(jobId) {
      const json = { holder: 'w-1', ttl_seconds: 3600 };
      const { answer } = await spend('POST', `/v1/jobs/${jobId}/lease`, { json });
      return { 'Lease-Token': tokenOf(answer) };
    },
    restarted: () => openCounted(store, clock),
  };
}

export function tokenOf({ json }: Answer): string {
  return (json as { token: string }).token;
}

const FILLED_NAME = 'A job';
const UPDATED_AT = '2026-01-02T03:04:05Z' as Timestamp;

/** Puts jobs into a store as other processes left them, with a hint where they wait. */
export async function fillStore(
  store: ObjectStore,
  { count, status, prefix }: { count: number; status: 'pending' | 'completed'; prefix: string },
): Promise<void> {
  const encoder = new TextEncoder();
  const nameHash = await nameHashOf(FILLED_NAME);
  const times = { since: UPDATED_AT, changeAt: UPDATED_AT };
  for (let index = 0; index < count; index++) {
    const jobId = `${prefix}-${String(index).padStart(6, '0')}`;
    const state = {
      job_id: jobId,
      job_name: FILLED_NAME,
      total_sheets: 3,
      status,
      created_at: UPDATED_AT,
      updated_at: UPDATED_AT,
    };
    await store.put(jobKey(jobId), encoder.encode(JSON.stringify(state)), ABSENT);
    if (status === 'pending')
      await store.put(hintKey({ jobId, nameHash, ...times }), new Uint8Array(), ABSENT);
  }
}

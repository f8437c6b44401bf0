import { systemClock } from '../lib/base/clock.ts';
import { systemRandom } from '../lib/base/random.ts';
import { createClient, DalsegnoError, type JobState, type ServiceClient } from '../lib/client.ts';
import { createRepository } from '../lib/service/service.ts';
import { createProcessMemory } from '../lib/storage/process-memory.ts';
import { createMemoryStore } from '../lib/stores/memory.ts';
import { MAX_SWEEP_LIMIT } from '../lib/sweep/sweeper.ts';
import { createFetch } from './app.ts';
import { waitsFor } from './entry/waits.ts';
import type { Loopback } from './testing/loopback.ts';
import { createTestTime } from './testing/time.ts';

/** The service of a test: the real application, on a store in memory, with a clock that the test moves. */
export interface TestService extends AsyncDisposable {
  /** For workers and clients in this process and in others. On a runtime without servers it works with `fetch` only. */
  readonly url: string;
  /** Sends a request without a network: the option `fetch` of a worker or a client. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** A client of the service. */
  readonly client: ServiceClient;
  /** The time of the service. It stands still until `advance()` moves it. */
  readonly now: () => Date;
  /**
   * Moves the time of the service on, without waiting. Every lease that has ended by then, because nothing has renewed it
   * since the last move, is taken from its worker, as when the worker was killed. Claims that wait are answered.
   * Rejects with a `RangeError` for a time that is none.
   */
  readonly advance: (milliseconds: number) => Promise<void>;
  /** All jobs as they are stored, newest change first. */
  readonly jobs: () => Promise<readonly JobState[]>;
  /** One job; null if there is none. */
  readonly job: (jobId: string) => Promise<JobState | null>;
  /** Ends all connections and waits. Later requests fail. It may be called again. */
  readonly close: () => Promise<void>;
}

export interface TestServiceOptions {
  /** When the clock begins, for `Date.parse` or in milliseconds since 1970; the time of the machine by default. */
  readonly now?: Date | string | number | undefined;
  /** Whether to open a server on the loopback address, where the runtime has one; true by default. */
  readonly listen?: boolean | undefined;
}

const CACHE_BYTES = 16 * 1024 * 1024;
const BODY_BYTES = 32 * 1024 * 1024;
const MOST_WAITS = 1000;
const DOCTOR_KEYS = 5;

/** Starts a service that nothing else uses. Rejects with a `RangeError` for a `now` that is no time. */
export async function createTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const time = createTestTime(millisOf(options.now));
  const store = createMemoryStore();
  const repository = createRepository({
    store,
    clock: time.clock,
    random: systemRandom,
    memory: createProcessMemory({ cacheBytes: CACHE_BYTES }),
    waits: { ...waitsFor({ requests: MOST_WAITS }), after: time.after },
  });
  const serve = createFetch({
    ...repository,
    bodyLimitBytes: BODY_BYTES,
    access: null,
    doctorKeys: DOCTOR_KEYS,
  });
  let isClosed = false;

  async function fetch(request: Request): Promise<Response> {
    if (isClosed) throw new TypeError('The test service is closed');
    return serve(request);
  }

  const loopback = options.listen === false ? null : await listen(serve);
  const url = loopback?.url ?? 'http://localhost';
  const client = createClient({ url, fetch });

  async function close(): Promise<void> {
    if (isClosed) return;
    isClosed = true;
    repository.leases.endWaits();
    await loopback?.close();
    await store.close();
  }

  return {
    url,
    fetch,
    client,
    now: () => new Date(time.clock.millis()),

    async advance(milliseconds) {
      time.advance(milliseconds);
      let cursor: string | null = null;
      do {
        const swept = await repository.sweeper.sweep({ cursor, limit: MAX_SWEEP_LIMIT });
        cursor = swept.ok ? swept.value.cursor : null;
      } while (cursor !== null);
    },

    async jobs() {
      const jobs: JobState[] = [];
      for await (const job of client.list({ view: 'full' })) jobs.push(job);
      return jobs;
    },

    async job(jobId) {
      try {
        return await client.load(jobId);
      } catch (error) {
        if (error instanceof DalsegnoError && error.code === 'job_not_found') return null;
        throw error;
      }
    },

    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Null on a runtime without servers. */
async function listen(fetch: TestService['fetch']): Promise<Loopback | null> {
  if (!/^(?:Node\.js|Deno|Bun)/.test(navigator.userAgent)) return null;
  // Other runtimes do not load it.
  const { listenOnLoopback } = await import('./testing/loopback.ts');
  return listenOnLoopback(fetch);
}

function millisOf(now: TestServiceOptions['now']): number {
  if (now === undefined) return systemClock.millis();
  return typeof now === 'number' ? now : new Date(now).getTime();
}

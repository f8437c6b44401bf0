import { createFetch } from '../../functions/app.ts';
import type { Clock } from '../../lib/base/clock.ts';
import type { Waits } from '../../lib/claims/waiting-line.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import {
  type Client,
  type ClientOptions,
  createClient,
  type Fetch,
  type JobState,
  type OnSheet,
  runWorker,
  type WorkerEvent,
  type WorkerOptions,
} from '../../lib/worker.ts';
import { frozenClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { untilQuiet } from '../support/settling/under-way.ts';
import { type ManualTiming, manualTiming, turns } from './manual-timing.ts';
import type { Mishap } from './mishap.ts';

/** A service and its workers, and the time that passes for them all. */
export interface World {
  /** An operator's, whose requests meet with no mishap. */
  readonly client: Client;
  /** A client whose requests meet with the mishaps. */
  readonly shaky: Client;
  readonly timing: ManualTiming;
  /** For clients of your own. Their requests meet with the mishaps. */
  readonly connection: ClientOptions;
  /** What the workers asked, as `PUT /v1/jobs/job-1/lease`. */
  readonly calls: readonly string[];
  create(jobId: string, totalSheets?: number): Promise<void>;
  load(jobId: string): Promise<JobState>;
  /** Deletes a job, held or not. */
  remove(jobId: string): Promise<void>;
  /** From now on every request of the workers that matches meets with this, so often. */
  befall(matching: RegExp, mishap: Mishap, times?: number): void;
  /** As `befall`, for the updates of sheets to a status alone. */
  befallUpdate(status: string, mishap: Mishap, times?: number): void;
  /** The clock of the service stands still from now on: no lease ends there. */
  stopServiceClock(): void;
  /** All is well again. */
  mend(): void;
  start<Input>(options?: Partial<WorkerOptions<Input>>): TestWorker;
  /** Starts a worker that `run` completes the options of. */
  startWith(run: (common: Omit<WorkerOptions, 'onSheet' | 'input'>) => Promise<void>): TestWorker;
}

export interface TestWorker {
  readonly events: readonly WorkerEvent[];
  /** The types of the events, those left out that come by themselves. */
  readonly story: readonly string[];
  readonly done: Promise<void>;
  /** The events of one type. */
  told<Type extends WorkerEvent['type']>(type: Type): Extract<WorkerEvent, { type: Type }>[];
  readonly stop: () => void;
}

const UNASKED = new Set(['renewed', 'idle', 'unreachable', 'reachable']);

/** Every worker waits half of the longest pause, and a poll of 5 seconds takes 5 seconds. */
const HALF = { fraction: () => 0.5 };

const SECOND = 1000;

interface WorldOptions {
  /** How many processes the service has: each remembers what it answered itself. 1 by default. */
  readonly processes?: number;
  /** Whether claims may wait at the service. */
  readonly waits?: boolean;
}

export function openWorld({ processes = 1, waits = false }: WorldOptions = {}): World {
  const clock = frozenClock();
  let isServiceClockStopped = false;
  const mishaps: { matching: RegExp; status?: string; mishap: Mishap; left: number }[] = [];
  const calls: string[] = [];
  /** Grows with every request and with every answer. */
  let activity = 0;
  const underWay = new Set<Promise<unknown>>();

  async function settle(): Promise<void> {
    // What happened in one round of turns may have its effect in the next one.
    let before = -1;
    while (before < activity || underWay.size > parked.size) {
      before = activity;
      await untilQuiet(() => turns(waits ? 20 : 4));
    }
  }

  const timing = manualTiming({ settle, onAdvance });

  /** The timers of the service that end the waits of claims. Time passes while such a claim is under way. */
  const parked = new Set<object>();
  const after: ManualTiming['after'] = (milliseconds, callback) => {
    const timer = {};
    const isEndOfWait = milliseconds >= SECOND;
    if (isEndOfWait) parked.add(timer);
    const cancel = timing.after(milliseconds, () => {
      parked.delete(timer);
      callback();
    });
    return () => {
      parked.delete(timer);
      cancel();
    };
  };
  const service = openService({ clock, processes, waits: waits ? { after, most: 10 } : null });

  function onAdvance(milliseconds: number): void {
    if (!isServiceClockStopped) clock.advance(milliseconds);
  }

  async function busily<T>(work: () => Promise<T>): Promise<T> {
    activity += 1;
    const working = work();
    underWay.add(working);
    try {
      return await working;
    } finally {
      underWay.delete(working);
      activity += 1;
    }
  }

  async function send(request: Request): Promise<Response> {
    const call = `${request.method} ${new URL(request.url).pathname}`;
    calls.push(call);
    const deliver = () => busily(() => service(request));
    const candidates = mishaps.filter(({ matching }) => matching.test(call));
    const needsStatus = candidates.some(({ status }) => status !== undefined);
    const text = needsStatus ? await busily(() => request.clone().text()) : '';
    const met = candidates.find(
      ({ status, left }) =>
        left > 0 && (status === undefined || text.includes(`"status":"${status}"`)),
    );
    if (met === undefined) return deliver();
    met.left -= 1;
    return met.mishap(request, deliver);
  }

  const url = 'http://service.test';
  const client = createClient({ url, fetch: request => busily(() => service(request)), timing });

  return {
    client,
    shaky: createClient({ url, fetch: send, timing, random: HALF }),
    connection: { url, fetch: send, timing, random: HALF },
    timing,
    calls,
    async create(jobId, totalSheets = 3) {
      await client.create({ job_id: jobId, job_name: 'A job', total_sheets: totalSheets });
    },
    load: jobId => client.load(jobId),
    async remove(jobId) {
      const target = `${url}/v1/jobs/${jobId}?force=true`;
      const answer = await busily(() => service(new Request(target, { method: 'DELETE' })));
      if (answer.status !== 204) throw new Error(`Cannot delete ${jobId}: ${answer.status}`);
    },
    befall(matching, mishap, times = Number.POSITIVE_INFINITY) {
      mishaps.push({ matching, mishap, left: times });
    },
    befallUpdate(status, mishap, times = Number.POSITIVE_INFINITY) {
      mishaps.push({ matching: /\/sheets\//, status, mishap, left: times });
    },
    stopServiceClock() {
      isServiceClockStopped = true;
    },
    mend() {
      mishaps.length = 0;
    },
    start<Input>(options: Partial<WorkerOptions<Input>> = {}) {
      const onSheet: OnSheet<Input> = () => undefined;
      return startWith(common => runWorker<Input>({ ...common, onSheet, ...options }));
    },
    startWith,
  };

  function startWith(run: Parameters<World['startWith']>[0]): TestWorker {
    const events: WorkerEvent[] = [];
    const ended = new AbortController();
    const done = run({
      url,
      holder: 'w-1',
      fetch: send,
      timing,
      random: HALF,
      signal: ended.signal,
      handleSignals: false,
      presence: false,
      onEvent: event => events.push(event),
    });
    done.catch(() => undefined);
    return {
      events,
      done,
      get story() {
        return events.map(({ type }) => type).filter(type => !UNASKED.has(type));
      },
      told: type => events.filter((event): event is never => event.type === type),
      stop: () => ended.abort(),
    };
  }
}

/** The real application, without a network. Its processes answer in turn. */
function openService({ clock, processes, waits }: ServiceOptions): Fetch {
  const store = createMemoryStore();
  const fetches = Array.from({ length: processes }, (_, index) =>
    openProcess({ store, clock, seed: index + 1, waits }),
  );
  let requests = 0;
  return async request => {
    const fetch = fetches[requests % processes];
    requests += 1;
    if (fetch === undefined) throw new RangeError('A service has one process or more');
    return fetch(request);
  };
}

interface ServiceOptions {
  readonly clock: Clock;
  readonly processes: number;
  readonly waits: Waits | null;
}

interface ProcessOptions extends Pick<ServiceOptions, 'clock' | 'waits'> {
  readonly store: ObjectStore;
  readonly seed: number;
}

function openProcess({ store, clock, seed, waits }: ProcessOptions): Fetch {
  const random = seededRandom(seed);
  const repository = createRepository({
    store,
    clock,
    random,
    waits,
    memory: createProcessMemory({ cacheBytes: 1 << 22 }),
  });
  return createFetch({ ...repository, bodyLimitBytes: 1 << 20, access: null, doctorKeys: 1001 });
}

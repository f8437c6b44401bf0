import { createApp } from '../../functions/app.ts';
import { createForward } from '../../functions/cloudflare/objects/forward.ts';
import type { AllowedOrigins } from '../../functions/http/env.ts';
import type { Intake } from '../../functions/http/intake.ts';
import type { KeptGauges } from '../../functions/metrics/kept-gauges.ts';
import type { Pages } from '../../functions/services/pages.ts';
import { createTelemetry } from '../../functions/telemetry/telemetry.ts';
import type { Tracing } from '../../functions/telemetry/tracing.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import { type Availability, alwaysAvailable } from '../../lib/availability/availability.ts';
import type { Clock } from '../../lib/base/clock.ts';
import type { Pause } from '../../lib/base/pause.ts';
import { type StateLimits, UNLIMITED } from '../../lib/checkpoint/limits.ts';
import type { Waits } from '../../lib/claims/waiting-line.ts';
import type { RenewalPlaces } from '../../lib/remote/renewal.ts';
import { createRepository, type Repository } from '../../lib/service/service.ts';
import type { Pace } from '../../lib/storage/commit/pace.ts';
import type { Alarm } from '../../lib/storage/leases/write-behind.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { frozenClock } from './clock.ts';
import { seededRandom } from './random.ts';
import { runtime } from './runtime.ts';
import { aState } from './state.ts';

/** One for all clients: what it works with comes with each request. */
const app = createApp();

export interface AskOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, where there is no `json`. */
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborted where the client has gone away. */
  readonly signal?: AbortSignal;
}

/** An answer whose body was read. */
export interface Answer {
  readonly status: number;
  /** The media type, null where the answer names none. */
  readonly type: string | null;
  readonly text: string;
  /** What the text says, for matchers to look into. */
  readonly json: unknown;
  /** Null where the answer has no such header. */
  header(name: string): string | null;
}

/** A client of an application that nothing else talks to. */
export interface AppClient {
  readonly store: ObjectStore;
  readonly repository: Repository;
  /** `path` may be a whole URL, for a request that names another host. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** As the runtime calls the application. */
  fetch(request: Request): Promise<Response>;
  /** Creates a job, which must succeed; its `ETag`. */
  create(overrides?: Readonly<Record<string, unknown>>): Promise<string>;
}

export interface AppClientOptions {
  readonly store?: ObjectStore;
  readonly bodyLimitBytes?: number;
  readonly clock?: Clock;
  /** Of its randomness: applications on one store must not draw the same names. */
  readonly seed?: number;
  /** Between two tries after a lost race. */
  readonly pause?: Pause;
  readonly limits?: StateLimits;
  readonly intake?: Intake;
  /** Everybody may do everything where there is none. */
  readonly access?: AccessList;
  /** When holders could be heard; at all times where it is not given. */
  readonly availability?: Availability;
  /** None where it is left out. */
  readonly corsOrigins?: AllowedOrigins;
  /** Renewals of leases stay in memory until it rings. Where it is left out they are written at once. */
  readonly alarm?: Alarm;
  /** A job may be written at any time where it is left out. */
  readonly pace?: Pace;
  /** The dashboard is not built where it is left out. */
  readonly pages?: Pages;
  /** Whether requests, operations of the store and leases are counted for `/metrics`. */
  readonly withTelemetry?: boolean;
  /** With telemetry, the spans of requests and operations; none where it is left out. */
  readonly tracing?: Tracing | null;
  /** The last gauges of `/metrics`; the jobs are counted for each answer where it is left out. */
  readonly keptGauges?: KeptGauges;
  /** Claims never wait where it is left out. */
  readonly waits?: Waits;
  /** Whether the objects of the store are served; not where it is left out. */
  readonly servesObjects?: boolean;
  /** How long listed hints serve claims; for ever if it is left out. */
  readonly listedHintsMs?: number;
  /** Leases are renewed by the application itself where it is left out. */
  readonly renewalPlaces?: RenewalPlaces;
}

/** `JOB_OBJECTS=true npm run test:node`: requests that name one job are passed on, as to a Durable Object. */
const PASSES_ON = globalThis.process?.env?.['JOB_OBJECTS'] === 'true';

export function openApp(options: AppClientOptions = {}): AppClient {
  const { bodyLimitBytes = 1 << 25, clock = frozenClock() } = options;
  const random = seededRandom(options.seed ?? 1);
  const plain = {
    store: options.store ?? runtime.openStore(),
    memory: createProcessMemory({
      cacheBytes: 1 << 22,
      ...(options.listedHintsMs === undefined ? {} : { listedHintsMs: options.listedHintsMs }),
    }),
  };
  const telemetry = createTelemetry({
    ...plain,
    processText: () => Promise.resolve(''),
    tracing: options.tracing ?? null,
    elapsedMs: () => performance.now(),
  });
  const { store, memory } = options.withTelemetry === true ? telemetry : plain;
  const { availability = alwaysAvailable, limits = UNLIMITED, waits = null } = options;
  const alarm = runtime.keepsRepository ? (options.alarm ?? null) : null;
  const openRepository = () =>
    createRepository({
      store,
      clock,
      random,
      memory,
      availability,
      limits,
      alarm,
      waits,
      renewalPlaces: options.renewalPlaces ?? null,
      pace: options.pace ?? null,
      ...(options.pause === undefined ? {} : { pause: options.pause }),
    });
  const repository = openRepository();

  /** Where requests must not wait for each other's promises each has a repository, as at the edge. */
  async function fetch(request: Request): Promise<Response> {
    const used = runtime.keepsRepository ? repository : openRepository();
    const services = {
      ...used,
      bodyLimitBytes,
      ...(options.intake === undefined ? {} : { intake: options.intake }),
      access: options.access ?? null,
      corsOrigins: options.corsOrigins ?? null,
      ...(options.withTelemetry === true ? { metrics: telemetry.metrics } : {}),
      ...(options.keptGauges === undefined ? {} : { keptGauges: options.keptGauges }),
      ...(options.pages === undefined ? {} : { pages: options.pages }),
      doctorKeys: 1001,
      ...(options.servesObjects === true ? { objects: store } : {}),
    };
    if (!PASSES_ON) return telemetry.answer(request, () => app.fetch(request, services));
    const object = { fetch: async (passed: Request) => app.fetch(passed, { ...services }) };
    const forward = createForward(request, {
      objects: { getByName: () => object },
      random,
      pause: async () => {},
    });
    return telemetry.answer(request, () => app.fetch(request, { ...services, forward }));
  }

  async function ask(method: string, path: string, given: AskOptions = {}): Promise<Answer> {
    const url = path.startsWith('http') ? path : `http://localhost${path}`;
    const request = new Request(url, initOf(method, given));
    return answerOf(await fetch(request));
  }

  return {
    store,
    repository,
    ask,
    fetch,
    async create(overrides) {
      const created = await ask('POST', '/v1/jobs', { json: aState(overrides) });
      const etag = created.header('etag');
      if (created.status !== 201 || etag === null) {
        throw new Error(`Cannot create the job of a test: ${created.text}`);
      }
      return etag;
    },
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text,
    get json(): unknown {
      return JSON.parse(text);
    },
    header: name => response.headers.get(name),
  };
}

/** A body is JSON to its media type, whatever it holds, if `headers` do not say otherwise. */
export function initOf(
  method: string,
  { json, body, headers = {}, signal }: AskOptions,
): RequestInit {
  const sent = json === undefined ? body : JSON.stringify(json);
  const aborting = signal === undefined ? {} : { signal };
  if (sent === undefined) return { method, headers, ...aborting };
  // Streams are sent only so, and the type of the platform does not know it yet.
  const init: RequestInit & { duplex: 'half' } = {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: sent,
    duplex: 'half',
    ...aborting,
  };
  return init;
}

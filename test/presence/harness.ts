import { createApp } from '../../functions/app.ts';
import type { Services } from '../../functions/http/env.ts';
import { createIntake } from '../../functions/http/intake.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import { type Availability, alwaysAvailable } from '../../lib/availability/availability.ts';
import type { PresenceReport } from '../../lib/presence/lease-end.ts';
import { createPresence, type PresenceSettings } from '../../lib/presence/presence.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { acquire, type Held } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';
import { untilQuiet } from '../support/settling/under-way.ts';
import { aState } from '../support/state.ts';
import { type ManualTiming, manualTiming, turns } from '../worker/manual-timing.ts';

/** An event of a stream. */
export interface Told {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface TestStream {
  readonly status: number;
  header(name: string): string | null;
  readonly events: readonly Told[];
  /** The data of all events of one name. */
  told(name: string): readonly Told['data'][];
  readonly id: string;
  /** Whether the service has ended it. */
  isEnded(): boolean;
  /** The client closes the connection, or its process dies. */
  close(): Promise<void>;
  /** What the worker library does at each ping. */
  confirm(change?: Readonly<Record<string, unknown>>): Promise<Answer>;
}

/** A service with presence, or several on one store, and the time that passes for them. */
export interface PresenceService {
  readonly timing: ManualTiming;
  readonly clock: MovableClock;
  readonly store: ObjectStore;
  readonly reports: readonly Parameters<PresenceReport>[0][];
  fetch(request: Request): Promise<Response>;
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Creates a job that waits. */
  create(jobId?: string): Promise<void>;
  open(
    tokens: readonly unknown[],
    body?: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<TestStream>;
  /** Lets time pass, and what begins then run to its end. */
  pass(milliseconds: number): Promise<void>;
  /** Lets seconds pass while the stream is confirmed at each ping. */
  live(stream: TestStream, seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  readonly graceMs?: number;
  /** Whether the machine of a silent worker acknowledges nothing. */
  readonly isUnreachable?: boolean;
  readonly access?: AccessList;
  readonly availability?: (clock: MovableClock) => Availability;
  readonly requestsInFlight?: number;
  readonly room?: PresenceSettings['room'];
  /** Other processes may change what is stored. */
  readonly isShared?: boolean;
  /** As Deno KV, where each look at an object is an operation of the platform. */
  readonly hasLabels?: boolean;
  /** What the application gets beside, or instead. */
  readonly services?: Partial<Services>;
  /** Another service, whose store and time it shares. */
  readonly beside?: PresenceService;
}

/** Lets what has begun run to its end. Digests are made by other threads, in the order in which they are asked for. */
function settle(): Promise<void> {
  return untilQuiet(runReady);
}

async function runReady(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await turns(2);
    await crypto.subtle.digest('SHA-256', new Uint8Array(1));
  }
  await turns(2);
}

/** Every wait with jitter is in the middle. */
const HALF = 0.5;

export function openPresenceService(options: HarnessOptions = {}): PresenceService {
  const { graceMs = 2000, access = null, isShared = false, hasLabels = false } = options;
  const { beside, room } = options;
  const clock = beside?.clock ?? frozenClock();
  const timing =
    beside?.timing ??
    manualTiming({ settle, onAdvance: milliseconds => clock.advance(milliseconds) });
  const memory = createMemoryStore();
  const store = beside?.store ?? {
    ...memory,
    traits: { ...memory.traits, sharedBetweenProcesses: isShared, labels: hasLabels },
    // Without labels no object would have a place.
    ordered: hasLabels ? memory.ordered : null,
  };
  const reports: Parameters<PresenceReport>[0][] = [];
  const repository = createRepository({
    store,
    clock,
    random: { ...seededRandom(beside === undefined ? 1 : 2), fraction: () => HALF },
    memory: createProcessMemory({ cacheBytes: 1 << 22 }),
    availability: options.availability?.(clock) ?? alwaysAvailable,
    // As on Node, renewals stay in memory first.
    alarm: (milliseconds, task) => timing.after(milliseconds, () => void task()),
    presence: parts =>
      createPresence(parts, {
        graceMs,
        timers: timing,
        report: happened => void reports.push(happened),
        ...(room === undefined ? {} : { room }),
      }),
  });
  const app = createApp();
  const { requestsInFlight: requests = 1000 } = options;
  const intake = createIntake({ requests, bytes: 1 << 24 }, () => () => undefined);

  const isUnreachable = () => options.isUnreachable ?? false;

  async function fetch(request: Request): Promise<Response> {
    const services = {
      ...repository,
      bodyLimitBytes: 1 << 20,
      access,
      doctorKeys: 1001,
      intake,
      isUnreachable,
      ...options.services,
    };
    return app.fetch(request, services);
  }

  async function ask(method: string, path: string, given: AskOptions = {}): Promise<Answer> {
    return answerOf(await fetch(new Request(`http://localhost${path}`, initOf(method, given))));
  }

  return {
    timing,
    clock,
    store,
    reports,
    fetch,
    ask,
    async create(jobId = 'job-1') {
      await ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
    },
    async open(tokens, body = {}, headers = {}) {
      const init = initOf('POST', { json: { tokens, ...body }, headers });
      const response = await fetch(new Request('http://localhost/v1/presence', init));
      const stream = follow(response, ask, headers);
      await settle();
      return stream;
    },
    async pass(milliseconds) {
      await timing.advance(milliseconds);
      await settle();
    },
    async live(stream, seconds) {
      for (let second = 0; second < seconds; second++) {
        await timing.advance(1000);
        await settle();
        if (second % 4 === 0) await stream.confirm();
      }
    },
    async stop() {
      await repository.presence?.stop();
    },
  };
}

function follow(
  response: Response,
  ask: PresenceService['ask'],
  headers: Readonly<Record<string, string>>,
): TestStream {
  const events: Told[] = [];
  const reader = response.body?.getReader();
  let isEnded = false;
  let text = '';

  async function read(): Promise<void> {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) break;
      text += new TextDecoder().decode(piece.value);
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, name = '', data = '{}'] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
        events.push({ name, data: JSON.parse(data) });
      }
    }
    isEnded = true;
  }

  void read();
  const told = (name: string) =>
    events.filter(event => event.name === name).map(({ data }) => data);
  const id = () => String(told('open')[0]?.['id']);
  return {
    status: response.status,
    header: name => response.headers.get(name),
    events,
    told,
    get id() {
      return id();
    },
    isEnded: () => isEnded,
    async close() {
      await reader?.cancel();
      await settle();
    },
    confirm: (change = {}) => ask('PUT', `/v1/presence/${id()}`, { json: change, headers }),
  };
}

/** A service whose one job is held over an open stream. */
export async function openStream(
  lease: Readonly<Record<string, unknown>> = {},
  options: HarnessOptions = {},
): Promise<{
  readonly service: PresenceService;
  readonly held: Held;
  readonly stream: TestStream;
}> {
  const service = openPresenceService(options);
  await service.create();
  const held = await acquire(service, lease);
  const stream = await service.open([held.token]);
  return { service, held, stream };
}

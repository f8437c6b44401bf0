import { once } from 'node:events';
import { createApp } from '../../../functions/app.ts';
import type { AllowedOrigins, Services } from '../../../functions/http/env.ts';
import { createIntake } from '../../../functions/http/intake.ts';
import { createPlainListener } from '../../../functions/node/plain/listener.ts';
import { requestServices } from '../../../functions/node/request-services.ts';
import { createNodeServer } from '../../../functions/node/server.ts';
import type { ServedRequest } from '../../../functions/services/metrics.ts';
import type { RequestLine } from '../../../functions/services/request-lines.ts';
import type { AccessList } from '../../../lib/access/access-list.ts';
import { alwaysAvailable } from '../../../lib/availability/availability.ts';
import { UNLIMITED } from '../../../lib/checkpoint/limits.ts';
import { createRepository, type Repository } from '../../../lib/service/service.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { frozenClock, type MovableClock } from '../../support/clock.ts';
import { seededRandom } from '../../support/random.ts';

/** What is wrong with a service at the moment. */
export interface Trouble {
  /** The store fails on keys that begin so; on none where it is null. */
  broken: string | null;
  /** There is no room for one more request. */
  isFull: boolean;
  /** There is no room for one more answer. */
  isStuffed: boolean;
}

/** One of two services that do the same: everything they depend on has the same seed. */
export interface Twin {
  readonly port: number;
  readonly store: ObjectStore;
  readonly repository: Repository;
  readonly clock: MovableClock;
  readonly trouble: Trouble;
  /** The requests counted, lines logged and operations of the store since the last call. */
  takeNotes(): Notes;
  /** How many requests were answered without hono. */
  plainCount(): number;
  close(): Promise<void>;
}

export interface Notes {
  readonly served: readonly Omit<ServedRequest, 'seconds'>[];
  readonly lines: readonly Omit<RequestLine, 'timestamp' | 'durationMs'>[];
  readonly operations: readonly string[];
  /** Requests and bytes that are in flight. */
  readonly inFlight: number;
}

export interface TwinOptions {
  readonly access: AccessList | null;
  readonly corsOrigins: AllowedOrigins | null;
}

export async function openTwin(options: TwinOptions, way: 'hono' | 'plain'): Promise<Twin> {
  const clock = frozenClock();
  const trouble: Trouble = { broken: null, isFull: false, isStuffed: false };
  const served: Omit<ServedRequest, 'seconds'>[] = [];
  const lines: Omit<RequestLine, 'timestamp' | 'durationMs'>[] = [];
  const operations: string[] = [];
  const store = observed(createMemoryStore(), operations, trouble);
  const repository = createRepository({
    store,
    clock,
    random: seededRandom(5),
    memory: createProcessMemory({ cacheBytes: 1 << 22 }),
    availability: alwaysAvailable,
    limits: UNLIMITED,
    alarm: null,
    waits: null,
  });
  const intake = createIntake({ requests: 100, bytes: 1 << 24 });
  let inFlight = 0;
  const services: Services = {
    ...repository,
    bodyLimitBytes: 1 << 20,
    intake: {
      ...intake,
      enter(request) {
        const ticket = trouble.isFull ? null : intake.enter(request);
        if (ticket === null) return null;
        inFlight += 1;
        let isIn = true;
        return {
          ...ticket,
          takeAnswer: (bytes, force) => !trouble.isStuffed && ticket.takeAnswer(bytes, force),
          leave() {
            if (isIn) inFlight -= 1;
            isIn = false;
            ticket.leave();
          },
        };
      },
    },
    access: options.access,
    corsOrigins: options.corsOrigins,
    metrics: {
      observeRequest: ({ seconds: _seconds, ...request }) => void served.push(request),
      text: () => Promise.resolve(''),
    },
    requestLines: {
      isEnabledFor: () => true,
      write: ({ timestamp: _timestamp, durationMs: _duration, ...line }) => void lines.push(line),
    },
    doctorKeys: 10,
  };
  const app = createApp();
  const listener = createPlainListener(services);
  let plainCount = 0;
  const server = createNodeServer(
    (request, outgoing) => app.fetch(request, requestServices(services, outgoing)),
    {
      hostname: '127.0.0.1',
      answerPlain(incoming, outgoing) {
        const isPlain = way === 'plain' && listener(incoming, outgoing);
        if (isPlain) plainCount += 1;
        return isPlain;
      },
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    store,
    repository,
    clock,
    trouble,
    takeNotes: () => ({
      served: served.splice(0),
      lines: lines.splice(0),
      operations: operations.splice(0),
      inFlight,
    }),
    plainCount: () => plainCount,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await store.close();
    },
  };
}

/** The store with its reads noted. It fails where it is told to. */
function observed(inner: ObjectStore, operations: string[], trouble: Trouble): ObjectStore {
  const note = (operation: string, key: string): void => {
    operations.push(`${operation} ${key}`);
    const { broken } = trouble;
    if (broken !== null && key.startsWith(broken)) throw new StoreError(`Cannot read "${key}"`);
  };
  return {
    ...inner,
    async get(key) {
      note('get', key);
      return inner.get(key);
    },
    async head(key) {
      note('head', key);
      return inner.head(key);
    },
    async put(key, ...rest) {
      note('put', key);
      return inner.put(key, ...rest);
    },
  };
}

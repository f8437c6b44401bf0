import type { AllowedOrigins, Services } from '../../functions/http/env.ts';
import { createIntake } from '../../functions/http/intake.ts';
import type { ServedRequest } from '../../functions/services/metrics.ts';
import type { RequestLine } from '../../functions/services/request-lines.ts';
import type { AccessList } from '../../lib/access/access-list.ts';
import { alwaysAvailable } from '../../lib/availability/availability.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

/** What is wrong with a service at the moment. */
export interface Trouble {
  /** The store fails on keys that begin so; on none where it is null. */
  broken: string | null;
  /** There is no room for one more request. */
  isFull: boolean;
  /** There is no room for one more answer. */
  isStuffed: boolean;
}

/** The services of one of two twins that do the same: everything they depend on has the same seed. */
export interface TwinServices {
  readonly services: Services;
  readonly store: ObjectStore;
  readonly clock: MovableClock;
  readonly trouble: Trouble;
  /** The requests counted, lines logged and operations of the store since the last call. */
  readonly takeNotes: () => Notes;
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

export function createTwinServices(options: TwinOptions): TwinServices {
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
  return {
    services,
    store,
    clock,
    trouble,
    takeNotes: () => ({
      served: served.splice(0),
      lines: lines.splice(0),
      operations: operations.splice(0),
      inFlight,
    }),
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

import { createApp } from '../../functions/app.ts';
import type { Services } from '../../functions/http/env.ts';
import { alwaysAvailable } from '../../lib/availability/availability.ts';
import type { StateLimits } from '../../lib/checkpoint/limits.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { createPresence } from '../../lib/presence/presence.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import type { Call } from './session.ts';

export const BODY_LIMIT_BYTES = 4096;

/** A service on a store that a test may spoil, with a job that is held, one that waits, and an open stream. */
export interface Stage {
  readonly store: ObjectStore;
  readonly token: string;
  readonly streamId: string;
  /** From now on no state may have more. */
  limit(to: Partial<StateLimits>): void;
  /** From now on the store says that it has no compare-and-swap. */
  withoutSwap(): void;
  /** From now on every operation of the store fails so. */
  spoil(error: Error): void;
  ask(call: Call, change?: Partial<Services>): Promise<Answer>;
}

const app = createApp();

/** A store, or a part of it, each operation of which fails once there is a fault. */
function spoilable<T extends object>(part: T, faultOf: () => Error | null): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'ordered' && member instanceof Object) return spoilable(member, faultOf);
      if (typeof member !== 'function' || name === 'locate') return member;
      return (...given: readonly unknown[]): unknown => {
        const fault = faultOf();
        if (name === 'list' || name === 'poll')
          return fault === null ? member(...given) : failing(fault);
        if (name === 'follow' || name === 'followNames')
          return spoilable(member(...given), faultOf);
        return fault === null ? member(...given) : Promise.reject(fault);
      };
    },
  });
}

async function* failing(fault: Error): AsyncGenerator<never> {
  yield await Promise.reject(fault);
}

export async function setStage(): Promise<Stage> {
  const limits = { ...UNLIMITED };
  let fault: Error | null = null;
  const memory = createMemoryStore();
  let { traits } = memory;
  const whole: ObjectStore = {
    ...memory,
    get traits() {
      return traits;
    },
  };
  const store = spoilable(whole, () => fault);
  const repository = createRepository({
    store,
    clock: frozenClock(),
    random: seededRandom(3),
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    availability: alwaysAvailable,
    limits,
    alarm: null,
    presence: parts =>
      createPresence(parts, {
        graceMs: 2000,
        timers: { after: () => () => undefined, elapsedMs: () => 0 },
        report: () => undefined,
      }),
  });

  async function fetch(
    { method, path, headers = {}, body }: Call,
    change: Partial<Services> = {},
  ): Promise<Response> {
    const sent: AskOptions = body instanceof Blob ? { body, headers } : { json: body, headers };
    const services = {
      ...repository,
      bodyLimitBytes: BODY_LIMIT_BYTES,
      access: null,
      doctorKeys: 2,
      objects: store,
      ...change,
    };
    return app.fetch(new Request(`http://localhost${path}`, initOf(method, sent)), services);
  }

  async function succeed(call: Call): Promise<Answer> {
    const answer = await answerOf(await fetch(call));
    if (answer.status >= 300) throw new Error(`Cannot set the stage: ${answer.text}`);
    return answer;
  }

  for (const job_id of ['held_1', 'idle_1']) {
    const body = { job_id, job_name: 'A job', total_sheets: 2 };
    await succeed({ method: 'POST', path: '/v1/jobs', body });
  }
  const lease = await succeed({
    method: 'POST',
    path: '/v1/jobs/held_1/lease',
    body: { holder: 'w-1' },
  });
  const opened = await fetch({ method: 'POST', path: '/v1/presence', body: { tokens: [] } });
  const first = await opened.body?.getReader().read();
  const streamId = /"id":"([^"]+)"/.exec(new TextDecoder().decode(first?.value))?.[1] ?? '';

  return {
    store,
    token: (lease.json as { token: string }).token,
    streamId,
    limit: to => void Object.assign(limits, to),
    withoutSwap() {
      traits = { ...traits, compareAndSwap: false };
    },
    spoil(error) {
      fault = error;
    },
    async ask(call, change) {
      const response = await fetch(call, change);
      // A stream would not end.
      if (response.headers.get('content-type') !== 'text/event-stream') return answerOf(response);
      await response.body?.cancel();
      return answerOf(new Response(null, { status: response.status }));
    },
  };
}

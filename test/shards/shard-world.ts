import type { ShardEvent } from '../../functions/cloudflare/shards/alarm.ts';
import { createShardHost, type ShardHost } from '../../functions/cloudflare/shards/host.ts';
import type { TellListener } from '../../functions/cloudflare/shards/lease-listeners.ts';
import {
  refusalOf,
  type ShardAsk,
  type ShardCalls,
  shardPortsOf,
} from '../../functions/cloudflare/shards/ports.ts';
import { createMissedRenewals } from '../../lib/availability/missed-renewals.ts';
import { createReportedAvailability } from '../../lib/availability/reported.ts';
import type { Timers } from '../../lib/base/timers.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { SHARED_HINTS_MS } from '../../lib/ready/listed-hints.ts';
import type { RepositoryOptions } from '../../lib/service/service.ts';
import { SHARD_KEYS } from '../../lib/storage/shard-layout.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { shardOf } from '../../lib/stores/shards/shard-of.ts';
import { createShardedStore, type ShardedStore } from '../../lib/stores/shards.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { type NodeSql, openNodeSql } from '../stores/shards/node-sql.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

/** Shards with alarms as the platform hosts them, over one bucket, with a clock that the test moves. */
export interface ShardWorld {
  readonly clock: MovableClock;
  /** A client of a Worker. Each has an isolate of its own. */
  readonly app: AppClient;
  readonly store: ShardedStore;
  /** Another isolate, with a store and a memory of its own. Each has another seed. */
  openIsolate(seed: number): AppClient;
  /** With R2's operations. */
  readonly bucket: R2BucketLike;
  readonly shards: readonly WorldShard[];
  readonly events: readonly ShardEvent[];
  /** What a repository on it is made of. */
  readonly service: Pick<RepositoryOptions, 'store' | 'clock' | 'availability' | 'renewalPlaces'>;
  readonly timers: Timers;
  /** Every call of the bucket fails so from now on; null: none does. */
  breakBucket(error: Error | null): void;
  /** Moves the clock, and fires timers and alarms on the way. */
  advance(milliseconds: number): Promise<void>;
  shardOf(jobId: string): WorldShard;
  close(): void;
}

export interface WorldShard {
  /** The running shard; it starts if none runs. */
  running(): Promise<ShardHost>;
  /** It loses its memory. */
  crash(): void;
  /** It loses its database and its alarm too. */
  lose(): void;
  /** What is set, in milliseconds since 1970. */
  alarmAtMs: number | null;
  /** How often the alarm was set. */
  alarmsSet: number;
  /** Fires the alarm at once, whether it is set or not. */
  ring(): Promise<void>;
  /** Alarms do not fire by themselves any more. */
  isDeaf: boolean;
  /** By so much the protocol of its callers is higher than its own. */
  callersProtocol: number;
  /** Calls of it fail. */
  isDown: boolean;
  /** What happens while the answer of a call is on its way. */
  afterCall: ((name: string) => Promise<void>) | null;
  /** The calls that came, by their method. */
  readonly calls: string[];
  readonly sql: NodeSql;
  take(): { readonly read: number; readonly written: number };
}

export async function openWorld({
  shards: count = 3,
  start,
  wrap = bucket => bucket,
  step = (_name, task) => task(),
  tell = async () => {},
  under = () => Promise.resolve(),
}: {
  /** What the objects with streams are told. */
  readonly tell?: TellListener;
  readonly shards?: number;
  readonly start?: (bucket: R2BucketLike) => Promise<void>;
  readonly wrap?: (bucket: R2BucketLike) => R2BucketLike;
  /** Awaited before each call of a shard. */
  readonly under?: () => Promise<void>;
  /** Runs each call that the Worker makes, of a shard or of the bucket; those of the shards not. */
  readonly step?: <T>(name: string, task: () => Promise<T>) => Promise<T>;
} = {}): Promise<ShardWorld> {
  const clock = frozenClock();
  const inner = createBucketFake();
  await start?.(inner);
  const events: ShardEvent[] = [];
  let fault: Error | null = null;
  const bucket = wrap(breakable(inner, () => fault));
  const timers = new Set<{ readonly atMs: number; readonly task: () => unknown }>();

  function timer(ms: number, task: () => unknown): () => void {
    const each = { atMs: clock.millis() + ms, task };
    timers.add(each);
    return () => timers.delete(each);
  }

  function open(number: number): WorldShard & { readonly stub: ShardCalls } {
    let sql = openNodeSql();
    const random = seededRandom(100 + number);
    let host: Promise<ShardHost> | null = null;
    let opened: ShardHost | null = null;

    async function begin(): Promise<ShardHost> {
      opened = createShardHost({
        sql,
        bucket,
        clock,
        random,
        timer,
        alarm: {
          get: async () => shard.alarmAtMs,
          async set(atMs) {
            shard.alarmAtMs = atMs;
            shard.alarmsSet += 1;
          },
        },
        place: { number, of: count },
        limits: UNLIMITED,
        due: { most: 100, concurrency: 6 },
        report: event => void events.push(event),
        tell: (...news) => tell(...news),
        retryTiming: { random: () => 0.5, delay: async () => {} },
      });
      await opened.start();
      return opened;
    }

    /** As a remote call: arguments and answers are copies. */
    async function call<T>(
      name: string,
      [ask, ...args]: [ShardAsk, ...unknown[]],
      task: (host: ShardHost, args: never[]) => Promise<T>,
    ): Promise<T> {
      return step(`shard ${name}`, () => {
        const asked = { ...ask, protocol: ask.protocol + shard.callersProtocol };
        const refusal = refusalOf(asked, { number, of: count });
        if (refusal !== null) throw new Error(refusal);
        return answerTo(name, args, task);
      });
    }

    async function answerTo<T>(
      name: string,
      args: unknown[],
      task: (host: ShardHost, args: never[]) => Promise<T>,
    ): Promise<T> {
      shard.calls.push(name);
      await under();
      if (shard.isDown) throw new Error('Durable Object is overloaded.');
      const answer = await task(await shard.running(), structuredClone(args) as never[]);
      await shard.afterCall?.(name);
      return structuredClone(answer);
    }

    const shard: WorldShard & { readonly stub: ShardCalls } = {
      callersProtocol: 0,
      alarmAtMs: null,
      alarmsSet: 0,
      isDeaf: false,
      isDown: false,
      afterCall: null,
      calls: [],
      sql,
      take: () => sql.take(),
      running() {
        host ??= begin();
        return host;
      },
      crash() {
        opened?.close();
        host = null;
      },
      lose() {
        shard.crash();
        sql.close();
        sql = openNodeSql();
        shard.alarmAtMs = null;
      },
      async ring() {
        const atMs = shard.alarmAtMs;
        const running = await shard.running();
        shard.alarmAtMs = null;
        await running.ring(atMs);
      },
      stub: {
        apply: (...args) => call('apply', args, (each, [steps]) => each.apply(steps as never)),
        list: (...args) => call('list', args, (each, [query]) => each.list(query as never)),
        page: (...args) =>
          call('page', args, (each, [folder, query]) => each.page(folder as never, query as never)),
        count: (...args) => call('count', args, (each, [folder]) => each.count(folder as never)),
        compare: (...args) => call('compare', args, (each, [part]) => each.compare(part as never)),
        renew: (...args) => call('renew', args, (each, [calls]) => each.renew(calls as never)),
      },
    };
    return shard;
  }

  const shards = Array.from({ length: count }, (_, number) => open(number));
  const placeOf = (name: string) => shardOf(name, count);
  const stubs = new Map(shards.map(({ stub }, number) => [`shard-${number}`, stub]));
  const ports = shardPortsOf(
    {
      getByName(name) {
        const stub = stubs.get(name);
        if (stub === undefined) throw new TypeError(`No shard has the name ${name}`);
        return stub;
      },
    },
    { of: count, random: () => 0.5, delay: async () => {}, timers: { after: () => () => {} } },
  );

  function openStore(seed: number): ShardedStore {
    const random = seededRandom(seed);
    return createShardedStore({
      bodies: createR2Store({
        bucket: inSteps(bucket, step),
        random: () => 0.5,
        delay: async () => {},
      }),
      shards: ports,
      keys: SHARD_KEYS,
      nowMs: () => clock.millis(),
      mintId: () => random.id(),
      random: () => 0.5,
      delay: async () => {},
      later: task => void timer(1_000, task),
    });
  }

  function serviceOn(used: ShardedStore) {
    return {
      store: used,
      clock,
      servesObjects: true,
      availability: createReportedAvailability({
        interruptedAtMs: key => used.interruptedAtMs(key),
        missed: createMissedRenewals(),
      }),
      renewalPlaces: { placeOf, ports },
    };
  }

  const store = openStore(7);
  const service = serviceOn(store);
  const app = openApp(service);

  async function fireNext(untilMs: number): Promise<boolean> {
    const dueTimers = [...timers].map(timed => ({ atMs: timed.atMs, timed, shard: null }));
    const dueAlarms = shards.flatMap(shard =>
      shard.alarmAtMs === null || shard.isDeaf
        ? []
        : [{ atMs: shard.alarmAtMs, shard, timed: null }],
    );
    const due = [...dueTimers, ...dueAlarms].filter(({ atMs }) => atMs <= untilMs);
    const [first] = due.toSorted((left, right) => left.atMs - right.atMs);
    if (first === undefined) return false;
    clock.advance(Math.max(0, first.atMs - clock.millis()));
    if (first.shard !== null) await first.shard.ring();
    else {
      timers.delete(first.timed);
      await first.timed.task();
    }
    return true;
  }

  return {
    clock,
    app,
    store,
    openIsolate: seed =>
      openApp({
        ...serviceOn(openStore(100 + seed)),
        seed: 100 + seed,
        listedHintsMs: SHARED_HINTS_MS,
      }),
    bucket,
    shards,
    events,
    service,
    timers: { after: timer, elapsedMs: () => clock.millis() },
    breakBucket(error) {
      fault = error;
    },
    async advance(milliseconds) {
      const untilMs = clock.millis() + milliseconds;
      while (await fireNext(untilMs));
      clock.advance(Math.max(0, untilMs - clock.millis()));
    },
    shardOf(jobId) {
      const shard = shards[placeOf(jobId)];
      if (shard === undefined) throw new TypeError('No such shard');
      return shard;
    },
    close() {
      for (const shard of shards) shard.crash();
    },
  };
}

function breakable(inner: R2BucketLike, faultNow: () => Error | null): R2BucketLike {
  async function checked<T>(task: () => Promise<T>): Promise<T> {
    const fault = faultNow();
    if (fault !== null) throw fault;
    return task();
  }
  return {
    head: key => checked(() => inner.head(key)),
    get: key => checked(() => inner.get(key)),
    put: (key, body, options) => checked(() => inner.put(key, body, options)),
    delete: key => checked(() => inner.delete(key)),
    list: options => checked(() => inner.list(options)),
  };
}

function inSteps(
  inner: R2BucketLike,
  step: <T>(name: string, task: () => Promise<T>) => Promise<T>,
): R2BucketLike {
  return {
    head: key => step('r2 head', () => inner.head(key)),
    get: key => step('r2 get', () => inner.get(key)),
    put: (key, body, options) => step('r2 put', () => inner.put(key, body, options)),
    delete: key => step('r2 delete', () => inner.delete(key)),
    list: options => step('r2 list', () => inner.list(options)),
  };
}

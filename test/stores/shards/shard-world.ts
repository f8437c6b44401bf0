import type { ObjectStore, StoredEntry } from '../../../lib/store.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import {
  SHARD_LIMITS,
  type ShardLayout,
  type ShardLimits,
} from '../../../lib/stores/shard/layout.ts';
import { createShard, type Shard } from '../../../lib/stores/shard.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import { type ShardKeys, shardOf } from '../../../lib/stores/shards/shard-of.ts';
import { createShardedStore, type ShardedStore } from '../../../lib/stores/shards.ts';
import type { Medium } from '../../conformance/medium.ts';
import { createBucketFake } from '../../cost/bucket-fake.ts';
import { type BucketCall, countBucket } from '../../cost/counted-bucket.ts';
import { type NodeSql, openNodeSql } from './node-sql.ts';

/** Shards over databases that outlive them, and a bucket. */
export interface ShardWorld {
  open(): ShardedStore;
  readonly bodies: ObjectStore;
  readonly bucket: R2BucketLike;
  readonly shards: readonly HostedShard[];
  /** What the bucket was asked for since. */
  takeCalls(): BucketCall[];
  /** Rows of all shards since, and calls of them. */
  take(): { readonly read: number; readonly written: number; readonly calls: number };
  advance(ms: number): void;
  /** As `advance`, and no timer runs. */
  stall(ms: number): void;
  nowMs(): number;
  close(): void;
}

/** A shard as the platform hosts it. */
export interface HostedShard {
  readonly port: ShardPort;
  readonly sql: NodeSql;
  /** The running shard; it starts if none runs. */
  running(): Shard;
  /** The shard loses its memory. */
  crash(): void;
  /** It loses its database too. */
  lose(): void;
  /** The next calls fail: before they are carried out, or after. */
  failNext(how: 'before' | 'after', times?: number): void;
}

export const KEYS: ShardKeys = {
  listed: 'jobs',
  placeOf: key => /^[^/]+\/(?:[^~]*~)?([^.]*)/.exec(key)?.[1] ?? key,
  placeOfPrefix: prefix => /^leases\/([^.]+)\./.exec(prefix)?.[1] ?? null,
};

/** Labels are `order group name holder`; a name of `?` is not known. */
export function layoutFor(keys: ShardKeys, owns: (key: string) => boolean): ShardLayout {
  return {
    listed: keys.listed,
    placeOf(label) {
      const [order = '', group = '', name = '', holder = ''] = label.split(' ');
      if (group === '') return null;
      return { order, group, fields: name === '?' ? { holder } : { name, holder } };
    },
    fields: ['name', 'holder'],
    tagged: { folder: 'ready', tagOf: key => /\.([^~]*)~/.exec(key)?.[1] ?? '' },
    isResident: key => key.startsWith('leases/'),
    owns,
  };
}

export function openShardWorld({
  now: clock = null,
  shards: count = 3,
  keys = KEYS,
  layoutOf = layoutFor,
  limits = SHARD_LIMITS,
}: {
  /** Another clock than that of the world. */
  readonly now?: (() => number) | null;
  readonly shards?: number;
  readonly keys?: ShardKeys;
  readonly layoutOf?: (keys: ShardKeys, owns: (key: string) => boolean) => ShardLayout;
  readonly limits?: ShardLimits;
} = {}): ShardWorld {
  const counted = countBucket(createBucketFake());
  const { bucket } = counted;
  const bodies = createR2Store({ bucket, delay: async () => {}, random: () => 0.5 });
  let now = Date.parse('2026-11-01T00:00:00Z');
  let minted = 0;
  let calls = 0;
  const timers = new Set<{ readonly atMs: number; readonly task: () => void }>();

  function nowMs(): number {
    return clock?.() ?? now;
  }

  function timer(ms: number, task: () => void): () => void {
    const each = { atMs: now + ms, task };
    timers.add(each);
    return () => timers.delete(each);
  }

  async function lookUp(key: string): Promise<StoredEntry | null> {
    const object = await bucket.head(key);
    if (object === null) return null;
    for await (const entry of bodies.list(key, '')) if (entry.key === key) return entry;
    return null;
  }

  function host(index: number): HostedShard {
    let sql = openNodeSql();
    let shard: Shard | null = null;
    const faults: ('before' | 'after')[] = [];

    function running(): Shard {
      minted += 1;
      shard ??= createShard({
        sql,
        limits,
        layout: layoutOf(keys, key => shardOf(keys.placeOf(key), count) === index),
        lookUp,
        nowMs,
        timer,
        instance: `start-${minted}`,
      });
      return shard;
    }

    /** As a remote call: arguments and answers are copies, and either may be lost. */
    async function call<T>(
      args: unknown[],
      task: (shard: Shard, args: never[]) => Promise<T>,
    ): Promise<T> {
      calls += 1;
      const fault = faults.shift();
      await Promise.resolve();
      if (fault === 'before') throw lost();
      const answer = await task(running(), structuredClone(args) as never[]);
      if (fault === 'after') throw lost();
      return structuredClone(answer);
    }

    function crash(): void {
      shard?.close();
      shard = null;
    }

    return {
      port: {
        apply: (...args) => call(args, (each, [steps]) => each.apply(steps as never)),
        list: (...args) => call(args, (each, [query]) => each.list(query as never)),
        page: (...args) =>
          call(args, (each, [folder, query]) => each.page(folder as never, query as never)),
        count: (...args) => call(args, (each, [folder]) => each.count(folder as never)),
        compare: (...args) => call(args, (each, [part]) => each.compare(part as never)),
      },
      get sql() {
        return sql;
      },
      running,
      crash,
      lose() {
        crash();
        sql.close();
        sql = openNodeSql();
      },
      failNext(how, times = 1) {
        for (let time = 0; time < times; time += 1) faults.push(how);
      },
    };
  }

  const hosted = Array.from({ length: count }, (_, index) => host(index));

  return {
    open: () =>
      createShardedStore({
        bodies,
        shards: hosted.map(({ port }) => port),
        keys,
        nowMs,
        maxBodyBytes: 8_000_000,
        mintId() {
          minted += 1;
          return `v${minted.toString(36)}`;
        },
        random: () => 0.5,
        delay: async () => {},
      }),
    bodies,
    bucket,
    shards: hosted,
    takeCalls: () => counted.takeCalls(),
    take() {
      const taken = hosted.map(({ sql }) => sql.take());
      const sum = (of: 'read' | 'written') => taken.reduce((total, each) => total + each[of], 0);
      const made = calls;
      calls = 0;
      return { read: sum('read'), written: sum('written'), calls: made };
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= until);
        const [first] = due.toSorted((left, right) => left.atMs - right.atMs);
        if (first === undefined) break;
        timers.delete(first);
        now = Math.max(now, first.atMs);
        first.task();
      }
      now = until;
    },
    stall(ms) {
      now += ms;
    },
    nowMs,
    close() {
      for (const each of hosted) {
        each.crash();
        each.sql.close();
      }
    },
  };
}

/** For the conformance suite. */
export async function openShardMedium(keys: ShardKeys): Promise<Medium> {
  const world = openShardWorld({ keys });
  return {
    left: world.open(),
    right: world.open(),
    stranger: async () => world.open(),
    destroy: async () => world.close(),
  };
}

function lost(): Error {
  return new Error('Network connection lost.');
}

import {
  type ObjectStore,
  type OrderedLists,
  type Precondition,
  StoreError,
  type Version,
} from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { createNameFollower } from './binding/name-follower.ts';
import type { RetryTiming } from './binding/retry.ts';
import { byteLengthOf, copyOf } from './parts.ts';
import { MAX_SHARD_BODY_BYTES, type ShardPort, type StepOutcome } from './shard-port.ts';
import { createBodyWrites } from './shards/body-writes.ts';
import { type CheckCursor, type CheckReport, checkCatalogues } from './shards/catalogue-check.ts';
import { listOf } from './shards/object-lists.ts';
import { createOrderedPages } from './shards/ordered-pages.ts';
import { createReadNotes, type ReadNotes } from './shards/read-notes.ts';
import { createShardClient, type ShardClient } from './shards/shard-client.ts';
import { type ShardKeys, shardOf } from './shards/shard-of.ts';

/** What the stores of one process know of the shards. */
export interface ShardsMemory {
  /** Whether all catalogues have all bodies, as far as is known. */
  isComplete: boolean;
  /** When all bodies were compared with the catalogues, in milliseconds since 1970. */
  comparedAtMs: number;
  /** By the number of the shard: when it began after renewals may have been lost. Null where none were. */
  readonly interruptedAtMs: (number | null)[];
  readonly readNotes: ReadNotes;
}

export function createShardsMemory(): ShardsMemory {
  return {
    isComplete: false,
    comparedAtMs: Number.NEGATIVE_INFINITY,
    interruptedAtMs: [],
    readNotes: createReadNotes(),
  };
}

export interface ShardedStoreOptions extends RetryTiming {
  /** Where the objects of the listed folder are. It has labels. */
  readonly bodies: ObjectStore;
  readonly shards: readonly ShardPort[];
  readonly keys: ShardKeys;
  readonly nowMs: () => number;
  /** Another visible ASCII text for each call, 64 bits or more. */
  readonly mintId: () => string;
  /** Of one object in a shard; larger ones are refused. The platform's limit if it is left out. */
  readonly maxBodyBytes?: number;
  /** Shared by the stores of a process; left out for one of its own. */
  readonly memory?: ShardsMemory;
  /**
   * Runs a task about a second later, which does not reject. It tells shards what reads have found; left out where that only goes
   * along with other calls.
   */
  readonly later?: (task: () => Promise<void>) => void;
}

/** A store of two media. */
export interface ShardedStore extends ObjectStore {
  /** Compares up to `limit` bodies with the catalogues, behind a cursor. A whole run finds and corrects every difference. */
  checkCatalogues(query: {
    readonly cursor: CheckCursor | null;
    readonly limit: number;
  }): Promise<CheckReport>;
  /**
   * When the shard of this key began after renewals may have been lost, in milliseconds since 1970, as its last answer has
   * said. Null if none were.
   */
  interruptedAtMs(key: string): number | null;
  /** What this store shares with others of the process. */
  readonly memory: ShardsMemory;
}

/**
 * Objects of the listed folder are in `bodies`, with an entry in the catalogue of a shard; all others are in a shard. The
 * bodies decide every change of theirs: a catalogue may name too much for a moment, and never too little.
 */
export function createShardedStore(options: ShardedStoreOptions): ShardedStore {
  const { bodies, shards, keys, nowMs, mintId, memory = createShardsMemory() } = options;
  const { maxBodyBytes = MAX_SHARD_BODY_BYTES, later = () => {} } = options;
  const { readNotes } = memory;
  const { listed } = keys;
  const clients = shards.map((port, index) =>
    createShardClient(port, {
      ...options,
      interrupted: atMs => {
        memory.interruptedAtMs[index] = atMs;
      },
      takeAlong: () => readNotes.take(index, nowMs()),
    }),
  );
  const writes = createBodyWrites({
    bodies,
    clientOf,
    mintId,
    begun: key => readNotes.forget(ownerOf(key), key),
  });

  function ownerOf(key: string): number {
    return shardOf(keys.placeOf(key), clients.length);
  }

  function clientAt(index: number): ShardClient {
    const client = clients[index];
    if (client === undefined) throw new TypeError('A store of shards has at least one');
    return client;
  }

  function clientOf(key: string): ShardClient {
    return clientAt(ownerOf(key));
  }

  function isListed(key: string): boolean {
    return listed !== null && key.startsWith(`${listed}/`);
  }

  function locate(key: string): string {
    return isListed(key) ? bodies.locate(key) : `shard ${ownerOf(key)}:${key}`;
  }

  async function* list(
    prefix: string,
    after = '',
    wants: { readonly labels: boolean; readonly tag?: string | null } = { labels: true },
  ): ReturnType<ObjectStore['list']> {
    if (isListed(prefix)) {
      yield* bodies.list(prefix, after, wants);
      return;
    }
    const place = keys.placeOfPrefix(prefix);
    const asked = place === null ? clients : [clientAt(shardOf(place, clients.length))];
    yield* listOf(asked, { prefix, after, tag: wants.tag ?? null }, `list "${prefix}"`);
  }

  /** The catalogue should say what a read has found. */
  function noteRead(key: string, found: Version | null, label: string | null | undefined): void {
    const shard = ownerOf(key);
    if (readNotes.add(shard, { key, found, label, atMs: nowMs() })) {
      later(() => clientAt(shard).sendAlong());
    }
  }

  async function get(key: string): ReturnType<ObjectStore['get']> {
    if (isListed(key)) {
      const object = await bodies.get(key);
      noteRead(key, object?.version ?? null, object === null ? null : object.label);
      return object;
    }
    const outcome = await clientOf(key).run(`read "${locate(key)}"`, { do: 'get', key });
    if (outcome.of !== 'get') return unexpected(outcome);
    const { object } = outcome;
    return object === null ? null : { body: new Uint8Array(object.body), version: object.version };
  }

  async function check(query: { cursor: CheckCursor | null; limit: number }): Promise<CheckReport> {
    if (listed === null) return { cursor: null, compared: 0, corrected: 0 };
    const report = await checkCatalogues({ bodies, clients, folder: listed, ownerOf }, query);
    if (report.cursor === null) memory.comparedAtMs = nowMs();
    return report;
  }

  /** A key that begins with this one, and is in that shard. */
  function keyOfShard(key: string, shard: number): string {
    for (let nth = 0; ; nth += 1) {
      const found = `${key}-${nth}`;
      if (ownerOf(found) === shard) return found;
    }
  }

  const own: ShardedStore = {
    traits: {
      name: 'durable-objects',
      compareAndSwap: bodies.traits.compareAndSwap,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: bodies.traits.readAfterWrite,
      distinctVersions: listed === null || bodies.traits.distinctVersions,
      conditionalDelete: listed === null || bodies.traits.conditionalDelete,
      labels: true,
    },

    get,

    async head(key) {
      if (isListed(key)) {
        const version = await bodies.head(key);
        noteRead(key, version, undefined);
        return version;
      }
      const outcome = await clientOf(key).run(`look up "${locate(key)}"`, { do: 'head', key });
      return outcome.of === 'head' ? outcome.version : unexpected(outcome);
    },

    async put(key, body, precondition, label, durability = 'durable') {
      if (isListed(key)) return writes.put(key, body, precondition, label, durability);
      const attempt = `write "${locate(key)}"`;
      if (byteLengthOf(body) > maxBodyBytes) {
        throw new StoreError(`Cannot ${attempt}: it has more than ${maxBodyBytes} bytes`);
      }
      const version = mintId() as Version;
      const step = {
        do: 'put',
        key,
        body: copyOf(body),
        label: label ?? null,
        precondition,
        durability,
        version,
      } as const;
      const outcome = await clientOf(key).run(
        attempt,
        { ...step, isRepeated: false },
        { ...step, isRepeated: true },
      );
      if (outcome.of !== 'put') return unexpected(outcome);
      if (outcome.result === 'unknown') throw unclear(attempt);
      return outcome.result === 'done' ? version : null;
    },

    async delete(key, precondition: Precondition, durability = 'durable') {
      if (isListed(key)) return writes.delete(key, precondition, durability);
      const attempt = `delete "${locate(key)}"`;
      const step = { do: 'delete', key, precondition, durability } as const;
      const outcome = await clientOf(key).run(
        attempt,
        { ...step, isRepeated: false },
        { ...step, isRepeated: true },
      );
      if (outcome.of !== 'delete') return unexpected(outcome);
      if (outcome.result === 'unknown') throw unclear(attempt);
      return outcome.result === 'done';
    },

    list,
    ordered: listed === null ? null : orderedLists(listed),
    media: [
      ...(listed === null
        ? []
        : [
            {
              name: bodies.traits.name,
              store: bodies,
              isOneCall: false,
              keyFrom: (key: string) => key,
            },
          ]),
      ...clients.map((_, shard) => ({
        name: `shard ${shard}`,
        store: {
          get,
          put: (...put: Parameters<ObjectStore['put']>) => own.put(...put),
          delete: (...deletion: Parameters<ObjectStore['delete']>) => own.delete(...deletion),
        },
        isOneCall: true,
        keyFrom: (key: string) => keyOfShard(key, shard),
      })),
    ],

    follow: prefix =>
      isListed(prefix)
        ? bodies.follow(prefix)
        : createFollower({ list: () => list(prefix), get, notFound: 'removed' }),

    followNames: prefix =>
      isListed(prefix)
        ? bodies.followNames(prefix)
        : createNameFollower(() => list(prefix, undefined, { labels: false })),

    locate,
    close: () => bodies.close(),
    checkCatalogues: check,
    interruptedAtMs: key => memory.interruptedAtMs[ownerOf(key)] ?? null,
    memory,
  };
  return own;

  function orderedLists(folder: string): OrderedLists {
    const knowComplete = (isComplete: boolean): void => {
      memory.isComplete = isComplete;
    };
    const pages = createOrderedPages(clients, { knowComplete });
    return {
      folders: [folder],
      page: (asked, query) => pages.page(asked, query),
      countGroups: asked => pages.countGroups(asked),

      async isComplete(asked) {
        if (asked !== folder) return false;
        if (memory.isComplete) return true;
        const query = { group: null, after: null, before: null, descending: true, limit: 0 };
        const answers = await Promise.all(
          clients.map(client => client.call(`list "${folder}"`, port => port.page(folder, query))),
        );
        knowComplete(answers.every(({ isComplete }) => isComplete));
        return memory.isComplete;
      },

      async complete(asked, olderThan) {
        if (asked !== folder || memory.comparedAtMs >= olderThan) return null;
        let corrected = 0;
        let cursor: CheckCursor | null = null;
        do {
          const report: CheckReport = await check({ cursor, limit: 1_000 });
          corrected += report.corrected;
          ({ cursor } = report);
        } while (cursor !== null);
        return corrected;
      },
    };
  }
}

function unclear(attempt: string): StoreError {
  return new StoreError(
    `Cannot ${attempt}: a try got no answer, and nothing shows whether it succeeded`,
  );
}

function unexpected(outcome: StepOutcome): never {
  throw new TypeError(`The shard has answered "${outcome.of}"`);
}

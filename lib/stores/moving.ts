import { type ObjectStore, type Precondition, UNCONDITIONAL } from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { createAdoption } from './moving/adoption.ts';
import { type ListArguments, mergedList, partsOf } from './moving/merged-list.ts';

export interface MovingStoreOptions {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  /** The folder of the objects that stay: both stores have the same ones. */
  readonly stays: string;
  /** When `to` begins to take objects over, in milliseconds since 1970. Until then `from` is used as if it were alone. */
  readonly startsAtMs: number;
  readonly nowMs: () => number;
  /** The label that an object is stored with. */
  readonly labelOf: (key: string, body: Uint8Array) => string | undefined;
}

export interface MovingStore extends ObjectStore {
  isStarted(): boolean;
  /** Moves an object, and removes what is left of it in `from`. */
  move(key: string): Promise<void>;
}

/**
 * A store whose objects move from one medium to another while it is used. A read takes an object over, lists have those of
 * both media, and writes go to `to`. All processes must know of the move before it starts. What one of them began on
 * `from` before, and ends later, is taken over as well.
 */
export function createMovingStore(options: MovingStoreOptions): MovingStore {
  const { from, to, startsAtMs, nowMs } = options;
  const stays = `${options.stays}/`;
  const adoption = createAdoption(options);

  function isStarted(): boolean {
    return nowMs() >= startsAtMs;
  }

  /** Where an object is that does not move. */
  function current(): ObjectStore {
    return isStarted() ? to : from;
  }

  async function get(key: string): ReturnType<ObjectStore['get']> {
    if (key.startsWith(stays)) return current().get(key);
    if (isStarted()) return adoption.adopt(key);
    const object = await from.get(key);
    return isStarted() ? adoption.adopt(key) : object;
  }

  async function remove(key: string, precondition: Precondition): Promise<boolean> {
    if (precondition.kind === 'none') {
      await from.delete(key, UNCONDITIONAL);
      return to.delete(key, UNCONDITIONAL);
    }
    const object = await adoption.adopt(key);
    if (object === null) return precondition.kind === 'absent';
    if (precondition.kind === 'absent' || object.version !== precondition.version) return false;
    await from.delete(key, UNCONDITIONAL);
    return to.delete(key, precondition);
  }

  async function* list(...[prefix, after = '', wants]: ListArguments): ReturnType<typeof to.list> {
    if (prefix.startsWith(stays)) {
      yield* current().list(prefix, after, wants);
      return;
    }
    let last = after;
    if (!isStarted()) {
      for await (const part of partsOf(from.list(prefix, after, wants))) {
        // What the part does not have may have been moved already.
        if (isStarted()) break;
        yield* part.entries;
        if (part.isLast) return;
        last = part.upTo;
      }
    }
    yield* mergedList({ from, to }, [prefix, last, wants]);
  }

  const { traits } = to;
  return {
    traits: {
      ...traits,
      compareAndSwap: from.traits.compareAndSwap && traits.compareAndSwap,
      sharedBetweenProcesses: from.traits.sharedBetweenProcesses && traits.sharedBetweenProcesses,
      durable: from.traits.durable && traits.durable,
      readAfterWrite: from.traits.readAfterWrite && traits.readAfterWrite,
      distinctVersions: from.traits.distinctVersions && traits.distinctVersions,
      conditionalDelete: from.traits.conditionalDelete && traits.conditionalDelete,
      labels: from.traits.labels && traits.labels,
    },

    get,

    async head(key) {
      if (key.startsWith(stays)) return current().head(key);
      if (isStarted()) return (await adoption.adopt(key))?.version ?? null;
      const version = await from.head(key);
      return isStarted() ? ((await adoption.adopt(key))?.version ?? null) : version;
    },

    async put(key, body, precondition, label, durability) {
      if (key.startsWith(stays) || !isStarted()) {
        return current().put(key, body, precondition, label, durability);
      }
      if (precondition.kind === 'absent' && (await adoption.adopt(key)) !== null) return null;
      const version = await to.put(key, body, precondition, label, durability);
      if (precondition.kind === 'none') await from.delete(key, UNCONDITIONAL);
      return version;
    },

    async delete(key, precondition, durability) {
      if (key.startsWith(stays)) return current().delete(key, precondition, durability);
      if (isStarted()) return remove(key, precondition);
      const isDone = await from.delete(key, precondition, durability);
      // It may have been moved before it was deleted.
      return isStarted() && precondition.kind === 'none' ? remove(key, precondition) : isDone;
    },

    list,
    // The lists by place of `to` are not complete yet.
    ordered: null,
    media: [...(from.media ?? []), ...(to.media ?? [])],

    follow: prefix =>
      prefix.startsWith(stays)
        ? to.follow(prefix)
        : createFollower({ list: () => list(prefix), get, notFound: 'removed' }),

    followNames: prefix =>
      prefix.startsWith(stays)
        ? to.followNames(prefix)
        : createNameFollower(() => list(prefix, undefined, { labels: false })),

    locate: key => current().locate(key),

    async close() {
      await Promise.all([from.close(), to.close()]);
    },

    isStarted,
    move: key => adoption.clear(key),
  };
}

import type { KvAtomic, KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { withoutClose } from './medium.ts';

/** A KV that does a number of commits and then nothing, as after the death of the process. */
export function dyingAfter(commits: number, kv: KvLike): KvLike {
  let left = commits;

  function requireLife(): void {
    if (left < 0) throw new Error('The process has died');
  }

  return interrupted(kv, {
    beforeRead: async () => requireLife(),
    beforeCommit: async () => {
      left -= 1;
      requireLife();
    },
  });
}

/** Runs something before each read and each commit. */
export function interrupted(
  kv: KvLike,
  { beforeRead = nothing, beforeCommit = nothing, afterCommit = nothing }: Interruptions,
): KvLike {
  return {
    ...withoutClose(kv),
    async get(key) {
      await beforeRead();
      return kv.get(key);
    },
    async getMany(keys) {
      await beforeRead();
      return kv.getMany(keys);
    },
    atomic: () => interruptedAtomic(kv.atomic(), { beforeCommit, afterCommit }),
  };
}

interface Interruptions {
  readonly beforeRead?: () => Promise<void>;
  readonly beforeCommit?: () => Promise<void>;
  readonly afterCommit?: () => Promise<void>;
}

function interruptedAtomic(
  inner: KvAtomic,
  { beforeCommit, afterCommit }: Required<Pick<Interruptions, 'beforeCommit' | 'afterCommit'>>,
): KvAtomic {
  const atomic: KvAtomic = {
    check(...checks) {
      inner.check(...checks);
      return atomic;
    },
    set(key, value) {
      inner.set(key, value);
      return atomic;
    },
    delete(key) {
      inner.delete(key);
      return atomic;
    },
    async commit() {
      await beforeCommit();
      const outcome = await inner.commit();
      await afterCommit();
      return outcome;
    },
  };
  return atomic;
}

async function nothing(): Promise<void> {}

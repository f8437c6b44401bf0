import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ObjectStore } from '../../lib/store.ts';
import { createFileStore, type FileStoreSeams } from '../../lib/stores/file.ts';
import { makeLastingFolder } from '../support/temporary-folder.ts';

/** A folder for one test, with the stores that the test opens in it. */
export interface StateFolder {
  readonly path: string;
  /** The system clock plus the offset of the test. */
  readonly clock: { now(): number; advance(ms: number): void };
  open(seams?: FileStoreSeams): Promise<ObjectStore>;
  /** The names of the journals in it. */
  journals(): string[];
  destroy(): Promise<void>;
}

export async function makeStateFolder(parent?: string): Promise<StateFolder> {
  const path = await makeLastingFolder(parent);
  const stores = new Set<ObjectStore>();
  let aheadMs = 0;
  const clock = {
    now: () => Date.now() + aheadMs,
    advance: (ms: number) => {
      aheadMs += ms;
    },
  };

  return {
    path,
    clock,

    async open(seams = {}) {
      const store = await createFileStore({
        directory: path,
        now: clock.now,
        random: Math.random,
        seams,
      });
      const handle = { ...store, close: once(() => store.close()) };
      stores.add(handle);
      return handle;
    },

    journals: () => readdirSync(`${path}/.dalsegno/journal`),

    async destroy() {
      await Promise.allSettled([...stores].map(store => store.close()));
      await rm(path, { recursive: true, force: true });
    },
  };
}

// A test may close a store before the folder does.
function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= close();
    return closing;
  };
}

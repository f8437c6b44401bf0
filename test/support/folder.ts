import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import type { Place } from './place.ts';
import { makeLastingFolder } from './temporary-folder.ts';

/** A folder of state files that is gone after the test, with the stores that were opened on it. */
export interface Folder extends Place {
  readonly path: string;
}

export async function makeFolder(): Promise<Folder> {
  const path = await makeLastingFolder();
  const stores: ObjectStore[] = [];
  onTestFinished(async () => {
    await Promise.all(stores.map(store => store.close()));
    await rm(path, { recursive: true, force: true });
  });
  return {
    path,
    async open() {
      const store = await createFileStore({ directory: path, now: Date.now, random: Math.random });
      stores.push(store);
      return store;
    },
    write: (name, body) => writeFile(join(path, name), body),
    read: name => readFile(join(path, name), 'utf8'),
    remove: name => rm(join(path, name)),
    async names() {
      const names = await readdir(path);
      return names.filter(name => name !== '.dalsegno').toSorted();
    },
  };
}

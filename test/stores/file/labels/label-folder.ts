import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import type { Follower, ObjectStore } from '../../../../lib/store.ts';
import type {
  LabelMedium,
  LabelMediumOptions,
} from '../../../../lib/stores/file/labels/label-medium.ts';
import { plainLabels } from '../../../../lib/stores/file/labels/plain-labels.ts';
import { sqliteLabels } from '../../../../lib/stores/file/labels/sqlite-labels.ts';
import { loadSqlite } from '../../../../lib/stores/file/labels/sqlite-module.ts';
import { createFileStore, type FileStoreOptions } from '../../../../lib/stores/file.ts';
import { makeLastingFolder } from '../../../support/temporary-folder.ts';

export const BOOT = 'boot-1';

/** The media of labels, by name, and the file of each below `.dalsegno`. */
export const MEDIA: Readonly<
  Record<
    string,
    { readonly file: string; readonly open: (options: LabelMediumOptions) => LabelMedium }
  >
> = {
  sqlite: {
    file: 'index.sqlite',
    open(options) {
      const sqlite = loadSqlite();
      if (sqlite === null) throw new Error('This version of Node has no SQLite');
      return sqliteLabels(sqlite, { ...options, path: `${options.path}.sqlite` });
    },
  },
  plain: {
    file: 'index.jsonl',
    open: options => plainLabels({ ...options, path: `${options.path}.jsonl` }),
  },
};

export interface LabelFolder {
  readonly path: string;
  /** What was reported as not working. */
  readonly reports: readonly string[];
  /** Hours ahead of the system's clock, so that no file is too young to have a label. */
  advance(ms: number): void;
  open(seams?: {
    bootId?: string | null;
    medium?: (options: LabelMediumOptions) => LabelMedium;
  }): Promise<ObjectStore>;
  /** A store that remembers no labels. */
  openWithout(): Promise<ObjectStore>;
  /** Runs a task with a store as a process of its own would, from its start to its stop. */
  during<T>(task: (store: ObjectStore) => Promise<T>, bootId?: string | null): Promise<T>;
}

/** A folder whose stores remember labels. It is removed after the test. */
export async function makeLabelFolder(mediumName: string): Promise<LabelFolder> {
  const path = await makeLastingFolder();
  const reports: string[] = [];
  const medium = MEDIA[mediumName];
  if (medium === undefined) throw new Error(`There is no medium ${mediumName}`);
  let aheadMs = 60_000;
  const stores: ObjectStore[] = [];
  onTestFinished(async () => {
    await Promise.allSettled(stores.map(store => store.close()));
    await rm(path, { recursive: true, force: true });
  });

  const now = () => Date.now() + aheadMs;

  async function openStore(options: Pick<FileStoreOptions, 'rememberLabels' | 'seams'>) {
    const store = await createFileStore({ directory: path, now, random: Math.random, ...options });
    stores.push(store);
    return store;
  }

  const folder: LabelFolder = {
    path,
    reports,
    advance(ms) {
      aheadMs += ms;
    },
    open: ({ bootId = BOOT, medium: labelMedium = medium.open } = {}) =>
      openStore({
        rememberLabels: reason => reports.push(reason),
        seams: { bootId, labelMedium },
      }),
    openWithout: () => openStore({ seams: { bootId: BOOT } }),
    async during(task, bootId = BOOT) {
      const store = await folder.open({ bootId });
      const result = await task(store);
      await store.close();
      stores.splice(stores.indexOf(store), 1);
      return result;
    },
  };
  return folder;
}

/**
 * One line for each key, of its last change. Every object that was read gets a label, which is its text in
 * upper case.
 */
export async function pollAndLabel(follower: Follower): Promise<string[]> {
  const lines = new Map<string, string>();
  for await (const change of follower.poll()) {
    const { kind, key } = change;
    if (kind === 'stored') {
      const text = new TextDecoder().decode(change.object.body);
      lines.set(key, `stored ${key}: ${text}`);
      follower.offerLabel(key, () => text.toUpperCase());
    } else if (kind === 'labelled') lines.set(key, `labelled ${key}: ${change.label}`);
    else lines.set(key, `${kind} ${key}`);
  }
  return [...lines.values()].toSorted();
}

export function pollOnce(store: ObjectStore): Promise<string[]> {
  return pollAndLabel(store.follow('jobs/'));
}

export function indexFiles(path: string): string[] {
  return readdirSync(`${path}/.dalsegno`).filter(name => name.startsWith('index'));
}

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSyncFileSystem } from '../../../../lib/stores/file/journal/sync-file-system.ts';
import { createSyncFiles, filesOf } from '../../../../lib/stores/file/journal/sync-files.ts';
import { permissionsOf } from '../../../../lib/stores/file/permissions.ts';
import { makeTemporaryFolder } from '../../../support/temporary-folder.ts';
import { deletion, put } from './image.ts';

let folder: string;
const asked: (readonly string[])[] = [];

beforeEach(async () => {
  folder = await makeTemporaryFolder(tmpdir());
  asked.length = 0;
});

function syncWith(isPossible: boolean) {
  return createSyncFiles({
    placeOf: key => ({ folder, path: `${folder}/${key.slice('jobs/'.length)}` }),
    permissions: permissionsOf(0o600),
    async syncFileSystem(paths) {
      asked.push(paths);
      return isPossible;
    },
  });
}

function manyFiles(count: number) {
  const keys = Array.from({ length: count }, (_, index) => `jobs/${index}`);
  for (const key of keys) writeFileSync(`${folder}/${key.slice('jobs/'.length)}`, key);
  return filesOf(keys.map(key => put(key, key, { at: 1 })));
}

describe('createSyncFiles()', () => {
  it('syncs the file system once where many files wait, and each of a few files', async () => {
    await syncWith(true)(manyFiles(49));
    expect(asked).toEqual([]);
    await syncWith(true)(manyFiles(50));
    expect(asked).toEqual([[folder]]);
  });

  it('syncs each of many files where the file system cannot be synced', async () => {
    await syncWith(false)(manyFiles(60));
    expect(asked).toHaveLength(1);
    expect(readFileSync(`${folder}/59`, 'utf8')).toBe('jobs/59');
  });

  it('needs no file that is gone, and no folder', async () => {
    const gone = filesOf([put('jobs/gone', 'x', { at: 1 })]);
    await expect(syncWith(false)(gone)).resolves.toBeUndefined();
  });
});

describe('filesOf()', () => {
  it('names files with a body, and the folders of all records', () => {
    const { files, folders } = filesOf([
      put('jobs/a', 'x', { at: 1 }),
      put('ready/1', '', { at: 1 }),
      deletion('leases/1', { at: 1, stamp: 2 }),
    ]);
    expect([...files]).toEqual(['jobs/a']);
    expect([...folders.keys()]).toEqual(['jobs', 'ready', 'leases']);
  });
});

describe('createSyncFileSystem()', () => {
  it('answers whether the disk of the path was synced', async () => {
    const sync = createSyncFileSystem();
    expect(await sync([folder])).toBe(true);
    expect(await sync([`${folder}/missing`])).toBe(false);
    expect(statSync(folder).isDirectory()).toBe(true);
  });
});

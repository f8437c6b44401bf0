import { existsSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, StoreError } from '../../../lib/store.ts';
import { systemFileSystemType } from '../../../lib/stores/file/file-system.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { bodyOf } from '../../conformance/body.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

const NETWORK = [
  ['NFS', 0x6969],
  ['SMB', 0x517b],
  ['SMB', 0xfe534d42],
  ['CIFS', 0xff534d42],
  ['FUSE', 0x65735546],
  ['9P', 0x01021997],
  ['AFS', 0x5346414f],
  ['AFS', 0x6b414653],
  ['Ceph', 0x00c36400],
  ['Lustre', 0x0bd00bd0],
  ['GPFS', 0x47504653],
  ['GFS2', 0x01161970],
  ['OCFS2', 0x7461636f],
  ['Coda', 0x73757245],
  ['NCP', 0x564c],
  ['VirtualBox', 0x786f4256],
] as const;

const LOCAL = [
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['Btrfs', 0x9123683e],
  ['ZFS', 0x2fc12fc1],
  ['F2FS', 0xf2f52010],
  ['overlayfs, as in a container', 0x794c7630],
  ['tmpfs', 0x01021994],
  ['ramfs', 0x858458f6],
  ['exFAT', 0x2011bab0],
  ['what is not known', 0x12345678],
] as const;

describe('createFileStore()', () => {
  it.each(NETWORK)(
    'rejects on %s (%i), says why and how to allow it, and makes nothing',
    async (name, type) => {
      const directory = `${folder.path}/new/state`;
      const opening = open({ directory, types: { [folder.path]: type } });
      await expect(opening).rejects.toThrow(StoreError);
      await expect(opening).rejects.toThrow(directory);
      await expect(opening).rejects.toThrow(name);
      await expect(opening).rejects.toThrow('ALLOW_NETWORK_FILE_SYSTEM=true');
      expect(existsSync(`${folder.path}/new`)).toBe(false);
    },
  );

  it.each(NETWORK)('opens on %s (%i) where that is allowed', async (_, type) => {
    const directory = folder.path;
    const store = await open({ directory, types: { [directory]: type }, allowNetwork: true });
    expect(await store.put('jobs/a.json', bodyOf('one'), ABSENT)).not.toBeNull();
    await store.close();
  });

  it.each(LOCAL)('opens on %s (%i)', async (_, type) => {
    const directory = folder.path;
    const store = await open({ directory, types: { [directory]: type } });
    expect(await store.put('jobs/a.json', bodyOf('one'), ABSENT)).not.toBeNull();
    await store.close();
  });

  it('opens where the system names no type, as macOS and Windows do not', async () => {
    const store = await open({ directory: folder.path, types: {} });
    expect(await store.put('jobs/a.json', bodyOf('one'), ABSENT)).not.toBeNull();
    await store.close();
  });

  it('rejects when only the hidden folder is on a network file system', async () => {
    const hidden = `${folder.path}/.dalsegno`;
    mkdirSync(hidden);
    const opening = open({ directory: folder.path, types: { [hidden]: 0x6969 } });
    await expect(opening).rejects.toThrow(hidden);
  });

  it('opens on the disk of these tests by what the system says of it', async () => {
    await folder.open();
    expect(systemFileSystemType(folder.path)).toSatisfy(
      type => type === null || Number.isSafeInteger(type),
    );
    expect(systemFileSystemType(`${folder.path}/missing`)).toBeNull();
  });
});

function open(options: {
  readonly directory: string;
  /** By path. */
  readonly types: Readonly<Record<string, number>>;
  readonly allowNetwork?: boolean;
}) {
  const { directory, types, ...rest } = options;
  const fileSystemType = (path: string) => types[path] ?? null;
  return createFileStore({
    directory,
    now: Date.now,
    random: Math.random,
    ...rest,
    seams: { fileSystemType },
  });
}

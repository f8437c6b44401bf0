import { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/store.ts';
import type { WatchListener } from '../../../lib/stores/file/watch.ts';
import { pollNames } from '../../conformance/follow-names.ts';
import { collect, write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

function pathOf(name: string): string {
  return `${folder.path}/.dalsegno/ready/${name}`;
}

/** A follower that has reported `first`. */
async function followed() {
  const store = await folder.open();
  await write(store, 'ready/first', '');
  const follower = store.followNames('ready/');
  expect(await pollNames(follower)).toEqual(['named ready/first']);
  return { store, follower };
}

describe('another program in the folder of the hints', () => {
  it('poll() reports files that it creates, renames and removes', async () => {
    const { follower } = await followed();
    writeFileSync(pathOf('a'), '');
    writeFileSync(pathOf('b'), '');
    expect(await pollNames(follower)).toEqual(['named ready/a', 'named ready/b']);
    renameSync(pathOf('a'), pathOf('c'));
    unlinkSync(pathOf('b'));
    expect(await pollNames(follower)).toEqual([
      'named ready/c',
      'removed ready/a',
      'removed ready/b',
    ]);
  });

  it('poll() reports a link that leads nowhere, and no temporary files', async () => {
    const { follower } = await followed();
    symlinkSync('nowhere', pathOf('link'));
    await write(await folder.open(), 'ready/own', '');
    expect(await pollNames(follower)).toEqual(['named ready/link', 'named ready/own']);
  });

  it('poll() reports what is removed and what is there when it replaces the folder', async () => {
    const { follower } = await followed();
    rmSync(`${folder.path}/.dalsegno/ready`, { recursive: true });
    expect(await pollNames(follower)).toEqual(['removed ready/first']);
    mkdirSync(`${folder.path}/.dalsegno/ready`);
    writeFileSync(pathOf('second'), '');
    expect(await pollNames(follower)).toEqual(['named ready/second']);
    writeFileSync(pathOf('third'), '');
    expect(await pollNames(follower)).toEqual(['named ready/third']);
  });

  it('poll() rejects with a StoreError while the whole directory is gone', async () => {
    const { follower } = await followed();
    renameSync(folder.path, `${folder.path}-away`);
    await expect(pollNames(follower)).rejects.toThrow(StoreError);
    renameSync(`${folder.path}-away`, folder.path);
    writeFileSync(pathOf('second'), '');
    expect(await pollNames(follower)).toEqual(['named ready/second']);
  });
});

describe('events that are lost', () => {
  it('poll() looks at the whole folder after the watch has ended', async () => {
    const listeners: WatchListener[] = [];
    const store = await folder.open({
      watchFolder(_folder, listener) {
        listeners.push(listener);
        return { close() {} };
      },
    });
    await write(store, 'ready/a', '');
    const follower = store.followNames('ready/');
    await pollNames(follower);
    writeFileSync(pathOf('b'), '');
    unlinkSync(pathOf('a'));
    expect(await pollNames(follower)).toEqual([]);
    listeners.at(-1)?.lost();
    expect(await pollNames(follower)).toEqual(['named ready/b', 'removed ready/a']);
  });

  it('poll() looks at the whole folder every 30 seconds', async () => {
    const store = await folder.open({ watchFolder: () => ({ close() {} }) });
    await write(store, 'ready/a', '');
    const follower = store.followNames('ready/');
    await pollNames(follower);
    writeFileSync(pathOf('b'), '');
    folder.clock.advance(29_000);
    expect(await pollNames(follower)).toEqual([]);
    folder.clock.advance(1_000);
    expect(await pollNames(follower)).toEqual(['named ready/b']);
  });

  it('poll() goes on where a caller stopped within a look at the whole folder', async () => {
    const store = await folder.open();
    const keys = Array.from({ length: 500 }, (_, index) => `ready/${1_000 + index}`);
    mkdirSync(`${folder.path}/.dalsegno/ready`, { recursive: true });
    for (const key of keys) writeFileSync(pathOf(key.slice('ready/'.length)), '');
    const follower = store.followNames('ready/');
    const seen: string[] = [];
    for await (const { key } of follower.poll()) {
      seen.push(key);
      if (seen.length === 200) break;
    }
    for (const { key } of await collect(follower.poll())) seen.push(key);
    expect(seen.toSorted()).toEqual(keys);
  });
});

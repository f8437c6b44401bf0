import {
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../lib/store.ts';
import type { WatchListener } from '../../../lib/stores/file/watch.ts';
import { told } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

describe('another program in the folder', () => {
  it('poll() tells of a file that it writes under another name and renames', async () => {
    const follower = (await folder.open()).follow('jobs/');
    await told(follower);
    replace('a.json', 'one');
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
    replace('a.json', 'two');
    expect(await told(follower)).toEqual(['stored jobs/a.json: two']);
  });

  it('poll() tells of each of 100 rewrites in place of the same size', async () => {
    const follower = (await folder.open()).follow('jobs/');
    const tales: string[] = [];
    for (let count = 100; count < 200; count += 1) {
      writeFileSync(pathOf('a.json'), String(count));
      tales.push(...(await told(follower)));
    }
    expect(tales).toEqual(
      Array.from({ length: 100 }, (_, index) => `stored jobs/a.json: ${index + 100}`),
    );
  });

  it('poll() tells of files that it renames and removes', async () => {
    replace('a.json', 'a');
    replace('b.json', 'b');
    const follower = (await folder.open()).follow('jobs/');
    await told(follower);
    renameSync(pathOf('a.json'), pathOf('c.json'));
    unlinkSync(pathOf('b.json'));
    expect(await told(follower)).toEqual([
      'removed jobs/a.json',
      'removed jobs/b.json',
      'stored jobs/c.json: a',
    ]);
  });

  it('poll() tells of bytes that differ when time, size and inode are the same', async () => {
    // A clock that is behind makes every file too young to be sure of.
    folder.clock.advance(-60_000);
    writeFileSync(pathOf('a.json'), 'one');
    const { atime, mtime } = statSync(pathOf('a.json'));
    utimesSync(pathOf('a.json'), atime, mtime);
    const follower = (await folder.open()).follow('jobs/');
    await told(follower);
    writeFileSync(pathOf('a.json'), 'two');
    utimesSync(pathOf('a.json'), atime, mtime);
    expect(await told(follower)).toEqual(['stored jobs/a.json: two']);
    expect(await told(follower)).toEqual([]);
  });

  it('poll() tells of a link when the file behind it changes', async () => {
    // A clock that is ahead makes no file too young to be sure of.
    folder.clock.advance(60_000);
    mkdirSync(pathOf('elsewhere'));
    writeFileSync(pathOf('elsewhere/x'), 'one');
    symlinkSync('elsewhere/x', pathOf('old.json'));
    const follower = (await folder.open()).follow('jobs/');
    await told(follower);
    symlinkSync('elsewhere/x', pathOf('new.json'));
    await told(follower);
    writeFileSync(pathOf('elsewhere/x'), 'changed');
    expect(await told(follower)).toEqual([
      'stored jobs/new.json: changed',
      'stored jobs/old.json: changed',
    ]);
  });

  it('poll() tells of a file that cannot be read, once, and of all others', async () => {
    symlinkSync('loop.json', pathOf('loop.json'));
    writeFileSync(pathOf('a.json'), 'one');
    const follower = (await folder.open()).follow('jobs/');
    expect(await told(follower)).toEqual([
      'stored jobs/a.json: one',
      'unreadable jobs/loop.json: too many symbolic links encountered',
    ]);
    expect(await told(follower)).toEqual([]);
  });

  it('poll() tells of a file that becomes readable', async () => {
    symlinkSync('loop.json', pathOf('loop.json'));
    const follower = (await folder.open()).follow('jobs/');
    await told(follower);
    replace('loop.json', 'one');
    expect(await told(follower)).toEqual(['stored jobs/loop.json: one']);
  });

  it('poll() leaves out folders, pipes and links that lead nowhere', async () => {
    const follower = (await folder.open()).follow('jobs/');
    mkdirSync(pathOf('before.json'));
    await told(follower);
    mkdirSync(pathOf('after.json'));
    symlinkSync('nowhere', pathOf('dangling.json'));
    expect(await told(follower)).toEqual([]);
  });

  it('poll() tells of the new files when the folder itself was replaced', async () => {
    const follower = (await folder.open()).follow('jobs/');
    replace('old.json', 'old');
    await told(follower);
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    replace('new.json', 'new');
    expect(await told(follower)).toEqual(['removed jobs/old.json', 'stored jobs/new.json: new']);
    replace('next.json', 'next');
    expect(await told(follower)).toEqual(['stored jobs/next.json: next']);
  });
});

describe('a directory that is gone', () => {
  it('rejects every look-up rather than showing it empty', async () => {
    const store = await folder.open();
    const follower = store.follow('jobs/');
    replace('a.json', 'one');
    await told(follower);
    rmSync(folder.path, { recursive: true });
    await expect(store.get('jobs/a.json')).rejects.toThrow(StoreError);
    await expect(store.head('jobs/a.json')).rejects.toThrow(StoreError);
    await expect(told(follower)).rejects.toThrow(StoreError);
    await expect(collect(store.list('jobs/'))).rejects.toThrow(StoreError);
    mkdirSync(folder.path);
    replace('a.json', 'two');
    expect(await told(follower)).toEqual(['stored jobs/a.json: two']);
  });
});

describe('a watch that fails', () => {
  it('poll() looks at nothing without an event, until 30 seconds have passed', async () => {
    const { watchFolder } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await told(follower);
    replace('a.json', 'one');
    folder.clock.advance(29_000);
    expect(await told(follower)).toEqual([]);
    folder.clock.advance(1_000);
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
  });

  it('poll() tells of the writes of its own store without an event', async () => {
    const { watchFolder } = silentWatch();
    const store = await folder.open({ watchFolder });
    const follower = store.follow('jobs/');
    await told(follower);
    await write(store, 'jobs/a.json', 'one');
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
  });

  it('poll() surveys the folder and watches anew when the watch is lost', async () => {
    const { watchFolder, listeners } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await told(follower);
    replace('a.json', 'one');
    listeners.at(-1)?.lost();
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
    replace('b.json', 'two');
    listeners.at(-1)?.changed('b.json');
    expect(await told(follower)).toEqual(['stored jobs/b.json: two']);
    expect(listeners).toHaveLength(2);
  });

  it('poll() surveys the folder each time when the system gives no watch', async () => {
    const watchFolder = (): never => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await told(follower);
    replace('a.json', 'one');
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
    unlinkSync(pathOf('a.json'));
    expect(await told(follower)).toEqual(['removed jobs/a.json']);
  });

  it('poll() surveys the folder when more names changed than are worth remembering', async () => {
    const { watchFolder, listeners } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await told(follower);
    replace('a.json', 'one');
    for (let index = 0; index <= 20_000; index += 1) listeners.at(-1)?.changed(`${index}.json`);
    expect(await told(follower)).toEqual(['stored jobs/a.json: one']);
  });
});

function pathOf(name: string): string {
  return `${folder.path}/${name}`;
}

function replace(name: string, text: string): void {
  writeFileSync(pathOf('new.tmp'), text);
  renameSync(pathOf('new.tmp'), pathOf(name));
}

function silentWatch(): {
  readonly listeners: WatchListener[];
  readonly watchFolder: (folder: string, listener: WatchListener) => { close(): void };
} {
  const listeners: WatchListener[] = [];
  return {
    listeners,
    watchFolder: (_folder, listener) => {
      listeners.push(listener);
      return { close: () => undefined };
    },
  };
}

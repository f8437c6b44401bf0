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
import { pollLines } from '../../conformance/follow.ts';
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
  it('poll() reports a file that it writes under another name and renames', async () => {
    const follower = (await folder.open()).follow('jobs/');
    await pollLines(follower);
    replace('a.json', 'one');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
    replace('a.json', 'two');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: two']);
  });

  it('poll() reports each of 100 rewrites in place of the same size', async () => {
    const follower = (await folder.open()).follow('jobs/');
    const lines: string[] = [];
    for (let count = 100; count < 200; count += 1) {
      writeFileSync(pathOf('a.json'), String(count));
      lines.push(...(await pollLines(follower)));
    }
    expect(lines).toEqual(
      Array.from({ length: 100 }, (_, index) => `stored jobs/a.json: ${index + 100}`),
    );
  });

  it('poll() reports files that it renames and removes', async () => {
    replace('a.json', 'a');
    replace('b.json', 'b');
    const follower = (await folder.open()).follow('jobs/');
    await pollLines(follower);
    renameSync(pathOf('a.json'), pathOf('c.json'));
    unlinkSync(pathOf('b.json'));
    expect(await pollLines(follower)).toEqual([
      'removed jobs/a.json',
      'removed jobs/b.json',
      'stored jobs/c.json: a',
    ]);
  });

  it('poll() reports bytes that differ when time, size and inode are the same', async () => {
    // With a slow clock every file is too young to trust its version.
    folder.clock.advance(-60_000);
    writeFileSync(pathOf('a.json'), 'one');
    const { atime, mtime } = statSync(pathOf('a.json'));
    utimesSync(pathOf('a.json'), atime, mtime);
    const follower = (await folder.open()).follow('jobs/');
    await pollLines(follower);
    writeFileSync(pathOf('a.json'), 'two');
    utimesSync(pathOf('a.json'), atime, mtime);
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: two']);
    expect(await pollLines(follower)).toEqual([]);
  });

  it('poll() reports a link when its target changes', async () => {
    // With a fast clock no file is too young to trust its version.
    folder.clock.advance(60_000);
    mkdirSync(pathOf('elsewhere'));
    writeFileSync(pathOf('elsewhere/x'), 'one');
    symlinkSync('elsewhere/x', pathOf('old.json'));
    const follower = (await folder.open()).follow('jobs/');
    await pollLines(follower);
    symlinkSync('elsewhere/x', pathOf('new.json'));
    await pollLines(follower);
    writeFileSync(pathOf('elsewhere/x'), 'changed');
    expect(await pollLines(follower)).toEqual([
      'stored jobs/new.json: changed',
      'stored jobs/old.json: changed',
    ]);
  });

  it('poll() reports an unreadable file once, and all others', async () => {
    symlinkSync('loop.json', pathOf('loop.json'));
    writeFileSync(pathOf('a.json'), 'one');
    const follower = (await folder.open()).follow('jobs/');
    expect(await pollLines(follower)).toEqual([
      'stored jobs/a.json: one',
      'unreadable jobs/loop.json: too many symbolic links encountered',
    ]);
    expect(await pollLines(follower)).toEqual([]);
  });

  it('poll() reports a file that becomes readable', async () => {
    symlinkSync('loop.json', pathOf('loop.json'));
    const follower = (await folder.open()).follow('jobs/');
    await pollLines(follower);
    replace('loop.json', 'one');
    expect(await pollLines(follower)).toEqual(['stored jobs/loop.json: one']);
  });

  it('poll() leaves out folders, pipes and links that lead nowhere', async () => {
    const follower = (await folder.open()).follow('jobs/');
    mkdirSync(pathOf('before.json'));
    await pollLines(follower);
    mkdirSync(pathOf('after.json'));
    symlinkSync('nowhere', pathOf('dangling.json'));
    expect(await pollLines(follower)).toEqual([]);
  });

  it('poll() reports the new files when the folder itself was replaced', async () => {
    const follower = (await folder.open()).follow('jobs/');
    replace('old.json', 'old');
    await pollLines(follower);
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    replace('new.json', 'new');
    expect(await pollLines(follower)).toEqual([
      'removed jobs/old.json',
      'stored jobs/new.json: new',
    ]);
    replace('next.json', 'next');
    expect(await pollLines(follower)).toEqual(['stored jobs/next.json: next']);
  });
});

describe('a missing directory', () => {
  it('rejects every read instead of showing it empty', async () => {
    const store = await folder.open();
    const follower = store.follow('jobs/');
    replace('a.json', 'one');
    await pollLines(follower);
    rmSync(folder.path, { recursive: true });
    await expect(store.get('jobs/a.json')).rejects.toThrow(StoreError);
    await expect(store.head('jobs/a.json')).rejects.toThrow(StoreError);
    await expect(pollLines(follower)).rejects.toThrow(StoreError);
    await expect(collect(store.list('jobs/'))).rejects.toThrow(StoreError);
    mkdirSync(folder.path);
    replace('a.json', 'two');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: two']);
  });
});

describe('a watch that fails', () => {
  it('poll() checks no file without an event, until 30 seconds have passed', async () => {
    const { watchFolder } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await pollLines(follower);
    replace('a.json', 'one');
    folder.clock.advance(29_000);
    expect(await pollLines(follower)).toEqual([]);
    folder.clock.advance(1_000);
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
  });

  it('poll() checks no file without an event for nineteen times as long as the last look took', async () => {
    const { watchFolder } = silentWatch();
    replace('a.json', 'one');
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    for await (const { key } of follower.poll()) {
      expect(key).toBe('jobs/a.json');
      folder.clock.advance(10_000);
    }
    replace('b.json', 'two');
    folder.clock.advance(185_000);
    expect(await pollLines(follower)).toEqual([]);
    folder.clock.advance(30_000);
    expect(await pollLines(follower)).toEqual(['stored jobs/b.json: two']);
  });

  it('poll() checks all files ten minutes later, however long the last look took', async () => {
    const { watchFolder } = silentWatch();
    replace('a.json', 'one');
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    for await (const { key } of follower.poll()) {
      expect(key).toBe('jobs/a.json');
      folder.clock.advance(1_000_000);
    }
    replace('b.json', 'two');
    folder.clock.advance(600_000);
    expect(await pollLines(follower)).toEqual(['stored jobs/b.json: two']);
  });

  it('poll() reports the writes of its own store without an event', async () => {
    const { watchFolder } = silentWatch();
    const store = await folder.open({ watchFolder });
    const follower = store.follow('jobs/');
    await pollLines(follower);
    await write(store, 'jobs/a.json', 'one');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
  });

  it('poll() scans the folder and watches again when the watch is lost', async () => {
    const { watchFolder, listeners } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await pollLines(follower);
    replace('a.json', 'one');
    listeners.at(-1)?.lost();
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
    replace('b.json', 'two');
    listeners.at(-1)?.changed('b.json');
    expect(await pollLines(follower)).toEqual(['stored jobs/b.json: two']);
    expect(listeners).toHaveLength(2);
  });

  it('poll() scans the folder each time when the system gives no watch', async () => {
    const watchFolder = (): never => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    };
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await pollLines(follower);
    replace('a.json', 'one');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
    unlinkSync(pathOf('a.json'));
    expect(await pollLines(follower)).toEqual(['removed jobs/a.json']);
  });

  it('poll() scans the folder when too many names changed to remember them', async () => {
    const { watchFolder, listeners } = silentWatch();
    const follower = (await folder.open({ watchFolder })).follow('jobs/');
    await pollLines(follower);
    replace('a.json', 'one');
    for (let index = 0; index <= 20_000; index += 1) listeners.at(-1)?.changed(`${index}.json`);
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: one']);
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

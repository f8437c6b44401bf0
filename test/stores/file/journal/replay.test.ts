import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../../../lib/store.ts';
import { bodyOf } from '../../../conformance/body.ts';
import { makeStateFolder, type StateFolder } from '../../state-folder.ts';
import {
  at,
  BEFORE,
  behind,
  deletion,
  journalsIn,
  NOW,
  put,
  textAt,
  voidOf,
  writeFileAt,
  writeJournal,
} from './image.ts';

const KEY = 'jobs/a.json';

let folder: StateFolder;
let job: string;

beforeEach(async () => {
  folder = await makeStateFolder(tmpdir());
  job = `${folder.path}/a.json`;
});

afterEach(async () => {
  await folder.destroy();
});

/** Opens a store after a restart of the machine. */
function restart() {
  return folder.open({ bootId: NOW });
}

describe('a file after a restart of the machine', () => {
  it('is written again where its name is missing', async () => {
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 1 })]] });
    await restart();
    expect(textAt(job)).toBe('one');
    expect(statSync(job, { bigint: true }).mtimeNs).toBe(at(1));
    expect(statSync(job).mode & 0o777).toBe(0o600);
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it.each([
    ['empty', '', 99],
    ['cut off', 'on', 99],
    ['partly zero', 'o\0e', 99],
    ['partly zero with its own time', 'o\0e', 2],
    ['older', 'old', 1],
    ['older and unknown', 'what', 0],
  ])('is written again where it is %s', async (_, text, seconds) => {
    writeFileAt(job, text, seconds);
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 2, replaced: 1 })]] });
    await restart();
    expect(textAt(job)).toBe('one');
  });

  it('stays where it is the one of the last record', async () => {
    writeFileAt(job, 'one', 2);
    const { ino } = statSync(job);
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 2, replaced: 1 })]] });
    await restart();
    expect(statSync(job).ino).toBe(ino);
  });

  it('stays where another program has written a newer one', async () => {
    writeFileAt(job, 'theirs', 3);
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 2, replaced: 1 })]] });
    await restart();
    expect(textAt(job)).toBe('theirs');
  });

  it('stays away where a put has replaced it and it is gone: it was deleted since', async () => {
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 2, replaced: 1 })]] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('is written where it is gone and a put replaced it soon after it came', async () => {
    const record = put(KEY, 'one', { at: 2, replaced: 1, young: true });
    writeJournal(folder.path, { segments: [[record]] });
    await restart();
    expect(textAt(job)).toBe('one');
  });

  it('gets the last of several records, also where an earlier one created it', async () => {
    const records = [put(KEY, 'one', { at: 1 }), put(KEY, 'two', { at: 2, replaced: 1 })];
    writeJournal(folder.path, { segments: [records] });
    await restart();
    expect(textAt(job)).toBe('two');
  });

  it('is removed where the last record is its deletion', async () => {
    writeFileAt(job, 'one', 1);
    const records = [put(KEY, 'one', { at: 1 }), deletion(KEY, { at: 1, stamp: 2 })];
    writeJournal(folder.path, { segments: [records] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('is removed where a torn version of a deleted one has come back', async () => {
    writeFileAt(job, 'o', 50);
    const records = [put(KEY, 'one', { at: 1 }), deletion(KEY, { at: 1, stamp: 2 })];
    writeJournal(folder.path, { segments: [records] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('stays where another program has made a new one after a deletion', async () => {
    writeFileAt(job, 'theirs', 5);
    writeJournal(folder.path, { segments: [[deletion(KEY, { at: 1, stamp: 2 })]] });
    await restart();
    expect(textAt(job)).toBe('theirs');
  });

  it('is written where it was deleted and created again', async () => {
    const records = [deletion(KEY, { at: 9, stamp: 10 }), put(KEY, 'new', { at: 3, stamp: 11 })];
    writeJournal(folder.path, { segments: [records] });
    await restart();
    expect(textAt(job)).toBe('new');
  });

  it('is left alone where the only record did not come true', async () => {
    const record = put(KEY, 'one', { at: 1 });
    writeJournal(folder.path, { segments: [[record, voidOf(record, 2)]] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('is not written again where it was synced: it may have been deleted since', async () => {
    const records = [put(KEY, 'one', { at: 1 }), put('jobs/b.json', 'two', { at: 2 })];
    writeJournal(folder.path, { segments: [records], syncedEnd: behind(records.slice(0, 1)) });
    await restart();
    expect(textAt(job)).toBeNull();
    expect(textAt(`${folder.path}/b.json`)).toBe('two');
  });

  it('stays away where its deletion is synced and an older record of another process is not', async () => {
    const deleted = [deletion(KEY, { at: 1, stamp: 5 })];
    writeJournal(folder.path, { segments: [deleted], syncedEnd: behind(deleted) });
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 1 })]] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('stays as it was synced after the record of a process that was killed before its write', async () => {
    const synced = [put(KEY, 'two', { at: 2, replaced: 1, stamp: 6 })];
    writeFileAt(job, 'two', 2);
    writeJournal(folder.path, { segments: [synced], syncedEnd: behind(synced) });
    // The clock has gone back in between.
    writeJournal(folder.path, {
      segments: [[put(KEY, 'never', { at: 3, replaced: 1, stamp: 5 })]],
    });
    await restart();
    expect(textAt(job)).toBe('two');
  });

  it('is not created by such a record where it was created, synced and removed since', async () => {
    const synced = [put(KEY, 'two', { at: 2, stamp: 6 })];
    writeJournal(folder.path, { segments: [synced], syncedEnd: behind(synced) });
    writeJournal(folder.path, { segments: [[put(KEY, 'never', { at: 1, stamp: 5 })]] });
    await restart();
    expect(textAt(job)).toBeNull();
  });

  it('is in a folder that is made again', async () => {
    writeJournal(folder.path, { segments: [[put('leases/a.1.json', 'lease', { at: 1 })]] });
    await restart();
    expect(textAt(`${folder.path}/.dalsegno/leases/a.1.json`)).toBe('lease');
  });

  it('stays where a folder has its name', async () => {
    mkdirSync(job);
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 2 })]] });
    await restart();
    expect(statSync(job).isDirectory()).toBe(true);
  });
});

describe('the journals', () => {
  it('of several processes are merged in the order of the machine', async () => {
    const two = put(KEY, 'two', { at: 2, replaced: 1 });
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 1 })]] });
    writeJournal(folder.path, { segments: [[two, put('jobs/b.json', 'b', { at: 3 })]] });
    await restart();
    expect([textAt(job), textAt(`${folder.path}/b.json`)]).toEqual(['two', 'b']);
  });

  it('end before a record that was not written completely', async () => {
    const records = [put(KEY, 'one', { at: 1 }), put('jobs/b.json', 'b', { at: 2 })];
    writeJournal(folder.path, { segments: [records], torn: 1 });
    await restart();
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json']);
  });

  it('go on in the segment with the next generation', async () => {
    writeJournal(folder.path, {
      segments: [[put(KEY, 'one', { at: 1 })], [put(KEY, 'two', { at: 2, replaced: 1 })]],
    });
    await restart();
    expect(textAt(job)).toBe('two');
  });

  it('without a complete header are removed', async () => {
    writeFileAt(`${folder.path}/.dalsegno/journal/x.journal`, 'dalsegno', 1);
    await restart();
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it('are replayed by a second opening where the first one could not', async () => {
    writeJournal(folder.path, { segments: [[put('leases/a.1.json', 'lease', { at: 1 })]] });
    writeFileAt(`${folder.path}/.dalsegno/leases`, 'a file in the way', 1);
    await expect(restart()).rejects.toThrow('Cannot open the store');
    expect(journalsIn(folder.path)).toHaveLength(1);
    rmSync(`${folder.path}/.dalsegno/leases`);
    await restart();
    expect(textAt(`${folder.path}/.dalsegno/leases/a.1.json`)).toBe('lease');
  });

  it('are replayed once where several processes open the folder', async () => {
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 1 })]] });
    const texts = [1, 2, 3].map(async () => {
      await restart();
      return textAt(job);
    });
    expect(await Promise.all(texts)).toEqual(['one', 'one', 'one']);
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it('do not lead out of the directory', async () => {
    writeJournal(folder.path, { segments: [[put('jobs/../../evil', 'x', { at: 1 })]] });
    await restart();
    expect(existsSync(`${folder.path}/../evil`)).toBe(false);
  });
});

describe('journals of this run of the machine', () => {
  it('change no file, and are removed when their files are synced', async () => {
    writeFileAt(job, 'old', 1);
    writeJournal(folder.path, {
      bootId: NOW,
      segments: [[put(KEY, 'one', { at: 2, replaced: 1 })]],
    });
    const store = await restart();
    await store.close();
    expect(textAt(job)).toBe('old');
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it('of a living process are left alone', async () => {
    const other = await folder.open({ bootId: BEFORE, startTimer: never });
    await other.put(KEY, bodyOf('one'), UNCONDITIONAL);
    const store = await restart();
    await store.put('jobs/b.json', bodyOf('two'), UNCONDITIONAL);
    expect(journalsIn(folder.path)).toHaveLength(2);
    await store.close();
    expect(journalsIn(folder.path)).toHaveLength(1);
    await other.close();
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it('are replayed where the system has no id for its runs', async () => {
    writeJournal(folder.path, { bootId: NOW, segments: [[put(KEY, 'one', { at: 2 })]] });
    await folder.open({ bootId: null });
    expect(textAt(job)).toBe('one');
    expect(journalsIn(folder.path)).toEqual([]);
  });
});

/** A timer that never fires. */
function never(): () => void {
  return () => {};
}

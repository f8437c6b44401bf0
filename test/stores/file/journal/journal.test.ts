import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, type Position } from '../../../../lib/stores/file/journal/header.ts';
import { createJournal, type Journal } from '../../../../lib/stores/file/journal/journal.ts';
import type { JournalFile } from '../../../../lib/stores/file/journal/journal-file.ts';
import { decodeRecord, type RecordedWrite } from '../../../../lib/stores/file/journal/record.ts';
import { createTombstones, TOMBSTONE_NS } from '../../../../lib/stores/file/journal/tombstones.ts';
import { at, deletion, put } from './image.ts';

const SEGMENT = 1_000;
const SIZES = { segment: SEGMENT, firstFill: SEGMENT, fill: SEGMENT };

/** A journal in memory whose syncs the test ends, and the files that its checkpoints sync. */
interface Bench {
  readonly journal: Journal;
  /** The keys in both segments, in the order of their places. */
  readonly keys: () => string[];
  readonly syncedEnds: Position[];
  /** What each checkpoint synced. */
  readonly synced: string[][];
  readonly syncs: PromiseWithResolvers<void>[];
  readonly state: {
    isNamed: boolean;
    isFull: boolean;
    /** Syncs wait for the test. */
    isHeld: boolean;
    hasOthers: boolean;
    nowNs: bigint;
    syncFailure: Error | null;
    dirty: number;
  };
}

function makeBench(options: { readonly tombstones?: number } = {}): Bench {
  const bytes = Buffer.alloc(HEADER_BYTES + 2 * SEGMENT);
  const syncedEnds: Position[] = [];
  const synced: string[][] = [];
  const syncs: PromiseWithResolvers<void>[] = [];
  const state: Bench['state'] = {
    isNamed: true,
    isFull: false,
    isHeld: false,
    hasOthers: false,
    nowNs: at(0),
    syncFailure: null,
    dirty: 0,
  };
  const file: JournalFile = {
    path: 'x.journal',
    isNamed: () => state.isNamed,
    write: async (some, place) => void some.copy(bytes, place),
    sync() {
      if (!state.isHeld) return turns(1);
      const sync = Promise.withResolvers<void>();
      syncs.push(sync);
      return sync.promise;
    },
    async fill() {
      await turns(1);
      if (state.isFull) throw new Error('ENOSPC');
    },
    writeSyncedEnd: async syncedEnd => void syncedEnds.push(syncedEnd),
    remove() {},
    close() {},
  };
  const journal = createJournal({
    file,
    sizes: SIZES,
    filledBytes: 0,
    tombstones: createTombstones(options.tombstones ?? 10),
    hasOthers: () => state.hasOthers,
    nowNs: () => state.nowNs,
    async sync({ files }) {
      synced.push([...files]);
      if (state.syncFailure !== null) throw state.syncFailure;
    },
    onDirty() {
      state.dirty += 1;
    },
  });
  return {
    journal,
    syncedEnds,
    synced,
    syncs,
    state,
    keys: () => [0, 1].flatMap(index => keysFrom(bytes, HEADER_BYTES + index * SEGMENT)),
  };
}

function keysFrom(bytes: Buffer, from: number): string[] {
  const record = decodeRecord(bytes, from);
  return record === null ? [] : [record.key, ...keysFrom(bytes, from + record.bytes)];
}

function write(name: string, text = 'x'): RecordedWrite {
  return put(`jobs/${name}`, text, { at: 1 });
}

/** Appends a record and says that its file is written. */
async function append(journal: Journal, record: RecordedWrite): Promise<void> {
  const ticket = await journal.append(record);
  ticket.applied();
}

function turns(count: number): Promise<void> {
  return count === 0
    ? Promise.resolve()
    : new Promise<void>(resolve => setImmediate(resolve)).then(() => turns(count - 1));
}

describe('append()', () => {
  it('shares one sync among all records that arrive during the last one', async () => {
    const { journal, syncs, state, keys } = makeBench();
    state.isHeld = true;
    const first = append(journal, write('a'));
    await turns(3);
    const later = ['b', 'c', 'd'].map(name => append(journal, write(name)));
    await turns(3);
    expect(syncs).toHaveLength(1);
    syncs[0]?.resolve();
    await first;
    await turns(3);
    expect(syncs).toHaveLength(2);
    syncs[1]?.resolve();
    await Promise.all(later);
    expect(keys()).toEqual(['jobs/a', 'jobs/b', 'jobs/c', 'jobs/d']);
  });

  it('shares one sync among the records of one turn', async () => {
    const { journal, syncs, state } = makeBench();
    state.isHeld = true;
    const all = ['a', 'b', 'c'].map(name => append(journal, write(name)));
    await turns(3);
    syncs[0]?.resolve();
    await Promise.all(all);
    expect(syncs).toHaveLength(1);
  });

  it('writes the noted records before it, which wait for nothing themselves', async () => {
    const { journal, keys } = makeBench();
    journal.note(write('hint'));
    await turns(3);
    expect(keys()).toEqual([]);
    await append(journal, write('job'));
    expect(keys()).toEqual(['jobs/hint', 'jobs/job']);
  });

  it('rejects its whole group when the sync fails, and everything after', async () => {
    const { journal, syncs, state } = makeBench();
    state.isHeld = true;
    const group = [append(journal, write('a')), append(journal, write('b'))];
    await turns(3);
    const waiting = append(journal, write('c'));
    const settled = Promise.allSettled([...group, waiting]);
    syncs[0]?.reject(Object.assign(new Error('EIO'), { code: 'EIO', errno: -5 }));
    expect((await settled).map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    await expect(journal.append(write('d'))).rejects.toThrow(
      'Cannot write the journal "x.journal": i/o error',
    );
    expect(journal.isUsable()).toBe(false);
  });

  it('rejects when the file has lost its name, and writes nothing', async () => {
    const { journal, state, keys } = makeBench();
    state.isNamed = false;
    await expect(journal.append(write('a'))).rejects.toThrow('Cannot find the journal');
    expect(keys()).toEqual([]);
  });
});

describe('checkpoint()', () => {
  it('syncs the files of all records, and records how far', async () => {
    const { journal, synced, syncedEnds, keys } = makeBench();
    journal.note(write('hint', ''));
    await append(journal, write('a'));
    await append(journal, write('b'));
    await append(journal, write('a'));
    await journal.checkpoint();
    expect(synced).toEqual([['jobs/a', 'jobs/b']]);
    expect(syncedEnds).toHaveLength(1);
    expect(keys()).toHaveLength(4);
    expect(journal.isClean()).toBe(true);
  });

  it('waits until the files of all records are written', async () => {
    const { journal, synced } = makeBench();
    const ticket = await journal.append(write('a'));
    const done = journal.checkpoint();
    await turns(5);
    expect(synced).toEqual([]);
    ticket.applied();
    await done;
    expect(synced).toEqual([['jobs/a']]);
  });

  it('records nothing when a sync fails, and syncs the same files the next time', async () => {
    const { journal, synced, syncedEnds, state } = makeBench();
    await append(journal, write('a'));
    state.syncFailure = new Error('EIO');
    await expect(journal.checkpoint()).rejects.toThrow('Cannot sync the files of the journal');
    expect(syncedEnds).toEqual([]);
    state.syncFailure = null;
    await append(journal, write('b'));
    await journal.checkpoint();
    expect(synced.at(-1)?.toSorted()).toEqual(['jobs/a', 'jobs/b']);
    expect(syncedEnds).toHaveLength(1);
  });

  it('records nothing when the file has lost its name: its disk may not be mounted', async () => {
    const { journal, syncedEnds, state } = makeBench();
    await append(journal, write('a'));
    state.isNamed = false;
    await journal.checkpoint();
    expect(syncedEnds).toEqual([]);
    expect(journal.isUsable()).toBe(false);
  });

  it('syncs the files of noted records also in a failed journal', async () => {
    const { journal, syncs, synced, state } = makeBench();
    state.isHeld = true;
    journal.note(write('hint'));
    const failed = journal.append(write('a'));
    await turns(3);
    syncs[0]?.reject(new Error('EIO'));
    await expect(failed).rejects.toThrow('EIO');
    await journal.checkpoint();
    expect(synced.flat().toSorted()).toEqual(['jobs/a', 'jobs/hint']);
  });

  it('is asked for by the first record after the last one', async () => {
    const { journal, state } = makeBench();
    await append(journal, write('a'));
    await append(journal, write('b'));
    expect(state.dirty).toBe(1);
    await journal.checkpoint();
    await append(journal, write('c'));
    expect(state.dirty).toBe(2);
  });

  it('is asked for again by a noted record that came while it wrote the ones before', async () => {
    const { journal, syncs, state } = makeBench();
    await append(journal, write('a'));
    journal.note(write('b', ''));
    state.isHeld = true;
    const checkpoint = journal.checkpoint();
    await turns(3);
    journal.note(write('c', ''));
    expect(state.dirty).toBe(1);
    state.isHeld = false;
    syncs[0]?.resolve();
    await checkpoint;
    expect(state.dirty).toBe(2);
    await journal.checkpoint();
    expect(journal.isClean()).toBe(true);
  });
});

describe('a full segment', () => {
  const LONG = 'x'.repeat(300);

  it('is followed by the other one, and is written again when its files are synced', async () => {
    const { journal, synced, keys } = makeBench();
    for (const name of ['a', 'b', 'c', 'd']) await append(journal, write(name, LONG));
    expect(keys()).toEqual(['jobs/a', 'jobs/b', 'jobs/c', 'jobs/d'].slice(0, 4));
    for (const name of ['e', 'f']) await append(journal, write(name, LONG));
    expect(keys()).toHaveLength(4);
    expect(synced.flat()).toContain('jobs/a');
  });

  it('keeps writers waiting while its files are not written', async () => {
    const { journal, keys } = makeBench();
    const ticket = await journal.append(write('a', LONG));
    for (const name of ['b', 'c', 'd']) await append(journal, write(name, LONG));
    const waiting = append(journal, write('e', LONG));
    await turns(5);
    expect(keys()).toContain('jobs/a');
    ticket.applied();
    await waiting;
    expect(keys()).not.toContain('jobs/a');
    expect(keys()).toContain('jobs/e');
  });

  it('rejects writers while its files cannot be synced', async () => {
    const { journal, state } = makeBench();
    state.syncFailure = new Error('EIO');
    const names = ['a', 'b', 'c', 'd', 'e'];
    const tried = await Promise.allSettled(names.map(name => append(journal, write(name, LONG))));
    expect(tried.at(-1)).toMatchObject({
      status: 'rejected',
      reason: { message: 'Cannot sync the files of the journal: EIO' },
    });
  });

  it('is used again alone when the disk has no space for the other one', async () => {
    const { journal, state, keys } = makeBench();
    await append(journal, write('a', LONG));
    state.isFull = true;
    for (const name of ['b', 'c', 'd', 'e']) await append(journal, write(name, LONG));
    expect(keys()).toContain('jobs/e');
  });

  it('rejects writers while the disk is full and its files cannot be synced', async () => {
    const { journal, state } = makeBench();
    await append(journal, write('a', LONG));
    state.isFull = true;
    state.syncFailure = new Error('EIO');
    const names = ['b', 'c', 'd', 'e'];
    const tried = Promise.allSettled(names.map(name => append(journal, write(name, LONG))));
    await turns(50);
    expect(journal.isUsable()).toBe(false);
    expect((await tried).at(-1)).toMatchObject({
      status: 'rejected',
      reason: { message: 'Cannot sync the files of the journal: EIO' },
    });
  });

  it('rejects writers while the disk has no space for any segment', async () => {
    const { journal, state } = makeBench();
    state.isFull = true;
    const tried = Promise.allSettled([append(journal, write('a'))]);
    await turns(50);
    expect(journal.isUsable()).toBe(false);
    expect(await tried).toMatchObject([{ reason: { message: expect.stringContaining('full') } }]);
  });

  it('passes young deletions on where another process has a journal', async () => {
    const { journal, state, keys } = makeBench();
    state.hasOthers = true;
    await append(journal, deletion('jobs/gone', { at: 0, stamp: 0 }));
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await append(journal, write(name, LONG));
    expect(keys()).toContain('jobs/gone');
    state.nowNs += TOMBSTONE_NS;
    for (const name of ['g', 'h', 'i', 'j', 'k', 'l']) await append(journal, write(name, LONG));
    expect(keys()).not.toContain('jobs/gone');
  });

  it('leaves room for new records where many deletions are young', async () => {
    const { journal, state, keys } = makeBench({ tombstones: 100 });
    state.hasOthers = true;
    let deleted = 0;
    const deleting = (async () => {
      for (let index = 0; index < 100; index += 1) {
        await append(journal, deletion(`jobs/gone-${index}`, { at: 0, stamp: 0 }));
        deleted += 1;
      }
    })();
    await turns(1_000);
    expect(deleted).toBe(100);
    await deleting;
    // Some of them are passed on all the same.
    await append(journal, write('a', LONG));
    await append(journal, write('b', LONG));
    expect(keys()).toContain('jobs/gone-99');
  });

  it('passes no deletions on where no other journal is', async () => {
    const { journal, keys } = makeBench();
    await append(journal, deletion('jobs/gone', { at: 0, stamp: 0 }));
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await append(journal, write(name, LONG));
    expect(keys()).not.toContain('jobs/gone');
  });
});

describe('createTombstones()', () => {
  it('keeps the youngest of too many, and none that is forgotten', () => {
    const tombstones = createTombstones(2);
    for (const [index, key] of ['jobs/a', 'jobs/b', 'jobs/c', 'jobs/b'].entries()) {
      tombstones.add(deletion(key, { at: 0, stamp: index }));
    }
    expect(tombstones.young(at(4)).map(({ key }) => key)).toEqual(['jobs/c', 'jobs/b']);
    tombstones.forget('jobs/c');
    expect(tombstones.young(at(4)).map(({ key }) => key)).toEqual(['jobs/b']);
    expect(tombstones.young(at(3) + TOMBSTONE_NS)).toEqual([]);
  });
});

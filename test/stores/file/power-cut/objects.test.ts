import type * as FileSystem from 'node:fs';
import { closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import {
  ABSENT,
  atVersion,
  type Durability,
  type ObjectStore,
  type Precondition,
  type Version,
} from '../../../../lib/store.ts';
import { createFileStore } from '../../../../lib/stores/file.ts';
import { bodyOf, largeBody, textOf } from '../../../conformance/body.ts';
import { cases } from '../../../support/effort.ts';
import { seededRandom } from '../../../support/random.ts';
import { OUTCOMES, type Outcome } from './disk-image.ts';
import type { DiskLog } from './disk-log.ts';
import { type RecordedDisk, recordDisk } from './recorded-disk.ts';

const held = vi.hoisted((): { log: DiskLog | null } => ({ log: null }));

vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const { createDiskLog, recordingFileSystem } = await import('./disk-log.ts');
  held.log = createDiskLog();
  return { ...fs, ...recordingFileSystem(fs, held.log) };
});

/** The cut points of each run. */
const CUTS = cases(50);
const RUNS = 4;
const WRITES = 60;
const LANES = 5;
/** Larger than what the store keeps twice. */
const LARGE_BYTES = 200_000;
const SMALL = { segment: 16_384, firstFill: 4096, fill: 4096 };

/** A change of one key, from its call to its acknowledgement, as positions in the log of the disk. */
interface Change {
  readonly key: string;
  /** Null for a deletion. */
  readonly content: string | null;
  readonly durability: Durability;
  /** The store, of those that write the folder, which made it. */
  readonly store: number;
  readonly begun: number;
  /** Infinite while it is not acknowledged. */
  acknowledged: number;
}

/** With small segments the journal is full again and again, and syncs the files of its records. */
async function openStore(directory: string, isSmall = false): Promise<ObjectStore> {
  const seams = isSmall ? { journalSizes: SMALL } : {};
  return createFileStore({ directory, now: Date.now, random: Math.random, seams });
}

/** The bodies of jobs come in parts. */
function inParts(body: Uint8Array): readonly Uint8Array[] {
  const [first, second] = [Math.floor(body.byteLength / 3), Math.floor(body.byteLength / 2)];
  return [body.subarray(0, first), body.subarray(first, second), body.subarray(second)];
}

/** Writers that each change keys of their own, all at once. */
async function runWriters(
  stores: readonly ObjectStore[],
  disk: RecordedDisk,
  seed: number,
): Promise<Change[]> {
  const random = seededRandom(seed);
  const changes: Change[] = [];

  async function change(
    index: number,
    key: string,
    body: Uint8Array | null,
    durability: Durability,
    precondition: Precondition,
  ): Promise<Version | null> {
    const content = textOf(body ?? undefined);
    const begun = disk.length();
    const acknowledged = Number.POSITIVE_INFINITY;
    const made: Change = { key, content, durability, store: index, begun, acknowledged };
    const store = stores[index];
    if (store === undefined) throw new RangeError(`There is no store ${index}`);
    changes.push(made);
    const version =
      body === null
        ? (await store.delete(key, precondition, durability), null)
        : await store.put(key, inParts(body), precondition, undefined, durability);
    if (body !== null && version === null) throw new Error(`The put of ${key} was refused`);
    made.acknowledged = disk.length();
    return version;
  }

  /** As the service does: a hint or a lease first, then the job, then the removal of what is over. */
  async function lane(number: number): Promise<void> {
    let version: Version | null = null;
    for (let round = 0; round < WRITES / LANES; round += 1) {
      // The stores take turns at a job.
      const by = (number + Math.floor(round / 2)) % stores.length;
      const job = `jobs/job-${number}.json`;
      const lease = `leases/job-${number}.${round}.json`;
      const text = `${number} ${round} ${'x'.repeat(Math.floor(random.fraction() * 3000))}`;
      const body =
        random.fraction() < 0.05 ? largeBody(LARGE_BYTES).fill(65 + round) : bodyOf(text);
      await change(by, lease, bodyOf(`lease ${round}`), 'ordered', ABSENT);
      version = await change(
        by,
        job,
        body,
        'durable',
        version === null ? ABSENT : atVersion(version),
      );
      if (random.fraction() < 0.4) await change(by, lease, null, 'ordered', { kind: 'none' });
      if (random.fraction() < 0.15 && version !== null) {
        await change(by, job, null, 'durable', atVersion(version));
        version = null;
      }
    }
  }

  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return changes;
}

/** Whether the machine may crash after `cut` steps and keep this content of the key. */
function allowed(changes: readonly Change[], cut: number): (string | null)[] | 'any' {
  const begun = changes.filter(change => change.begun <= cut);
  const safe = begun.findLastIndex(change => change.acknowledged <= cut);
  const last = begun[safe];
  const later = begun.slice(safe + 1);
  if ([last, ...later].some(change => change?.durability === 'ordered')) return 'any';
  return [last?.content ?? null, ...later.map(({ content }) => content)];
}

/** An ordered change counts as durable when a durable one that was begun after it is acknowledged. */
function withBarriers(changes: readonly Change[], cut: number): Change[] {
  const barrierOf = (store: number): number =>
    Math.max(
      -1,
      ...changes
        .filter(change => change.store === store && change.durability === 'durable')
        .filter(({ acknowledged }) => acknowledged <= cut)
        .map(({ begun }) => begun),
    );
  const barriers = new Map(
    [...new Set(changes.map(({ store }) => store))].map(store => [store, barrierOf(store)]),
  );
  return changes.map(change =>
    change.durability === 'ordered' && change.acknowledged <= (barriers.get(change.store) ?? -1)
      ? { ...change, durability: 'durable' }
      : change,
  );
}

it.each(
  Array.from({ length: RUNS }, (_, index) => ({ run: index + 1, processes: 1 + (index % 2) })),
)(
  'a cut of power loses no acknowledged object and tears none, with $processes writers of the folder, run $run',
  { timeout: 1_200_000 },
  async ({ run, processes }) => {
    const disk = await recordDisk(held.log);
    const stores: ObjectStore[] = [];
    while (stores.length < processes) stores.push(await openStore(disk.path, run > RUNS / 2));
    const changes = await runWriters(stores, disk, run);
    disk.stop();
    for (const store of stores) await store.close();

    const keys = new Set(changes.map(({ key }) => key));
    const problems: string[] = [];
    for (const { folder, at: cut, name } of disk.cuts({ count: CUTS, random: seededRandom(run) })) {
      const reopened = await openStore(folder);
      const known = withBarriers(changes, cut);
      for (const key of keys) {
        const expected = allowed(
          known.filter(change => change.key === key),
          cut,
        );
        if (expected === 'any') continue;
        const found = textOf((await reopened.get(key))?.body);
        if (!expected.includes(found))
          problems.push(
            `${name}: ${key} is ${shown(found)}, not ${expected.map(shown).join(' or ')}`,
          );
      }
      await reopened.close();
    }
    expect(problems).toEqual([]);
  },
);

/** Another program adds a job without a sync, and the store updates it. Then `after` runs, and the power is cut. */
async function cutAfterUpdate(
  outcome: Outcome,
  { ageMs, after }: { readonly ageMs: number; readonly after: (path: string) => void },
): Promise<string | null> {
  const disk = await recordDisk(held.log);
  const now = () => Date.now() + ageMs;
  const store = await createFileStore({ directory: disk.path, now, random: Math.random });
  const fd = openSync(`${disk.path}/job.json.new`, 'wx', 0o600);
  writeSync(fd, bodyOf('added'), 0, 5, null);
  closeSync(fd);
  renameSync(`${disk.path}/job.json.new`, `${disk.path}/job.json`);
  const added = await store.get('jobs/job.json');
  if (added === null) throw new Error('The store does not see the job');
  await store.put('jobs/job.json', bodyOf('updated'), atVersion(added.version));
  after(`${disk.path}/job.json`);
  disk.stop();
  await store.close();

  const folder = disk.cutAfter(disk.length(), { outcome, random: seededRandom(1) });
  const reopened = await openStore(folder);
  const found = await reopened.get('jobs/job.json');
  await reopened.close();
  return textOf(found?.body);
}

it.each(OUTCOMES)(
  'a cut of power loses no update of a job that another program has just added: %s',
  async outcome => {
    const found = await cutAfterUpdate(outcome, { ageMs: 0, after: () => undefined });
    expect(found).toBe('updated');
  },
);

it('a cut of power does not bring back an older job that another program has removed', async () => {
  const found = await cutAfterUpdate('kept', { ageMs: 61_000, after: path => unlinkSync(path) });
  expect(found).toBeNull();
});

function shown(content: string | null): string {
  return content === null ? 'absent' : JSON.stringify(content.slice(0, 12));
}

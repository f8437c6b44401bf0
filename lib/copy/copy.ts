import type { Clock } from '../base/clock.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import type { Random } from '../base/random.ts';
import { isJobKey, JOB_KEYS } from '../keys/job-id.ts';
import { createObjectWriter, createRetry } from '../storage/compare-and-swap.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import { type CopyReport, createReportBuilder, type ReportBuilder } from './report.ts';
import { readSidecars, type Sidecars } from './sidecars.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';
import { createVerification } from './verification.ts';
import { createMover, type Load, type Mover } from './writer.ts';

export interface CopyOptions {
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Copies held jobs too, with their leases: their holders go on at the target with the same tokens. */
  readonly held: boolean;
  /** Replaces what the target has under the keys of the source. */
  readonly overwrite: boolean;
  /** The target may have jobs that the source does not have. */
  readonly others: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly pass: 'copy' | 'verify';
  readonly done: number;
  /** How many jobs the source listed at the beginning. */
  readonly total: number;
}

/** Side by side, so that the answers of a distant store overlap; a body for each is in memory. */
const LANES = 6;

/** So many failures in a row are of the store, not of the jobs. */
const MOST_FAILURES = 10;

/**
 * Copies every job to another store, bytes unchanged, and then compares the two. What is at the target
 * already is left, and so is what others have put there; so whoever breaks off begins again, and loses nothing. A store that fails ends it with a
 * report of what was done until then.
 */
export async function copyJobs(options: CopyOptions): Promise<CopyReport> {
  const { source, target, others } = options;
  const builder = createReportBuilder();
  const setting = {
    others,
    targetIsLate: !target.traits.readAfterWrite,
    sourceIsLate: !source.traits.readAfterWrite,
  };
  try {
    await copyAndVerify(options, builder);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    builder.stop(error.message);
  }
  return builder.report(setting);
}

async function copyAndVerify(options: CopyOptions, builder: ReportBuilder): Promise<void> {
  const { source, target, clock, random, held, overwrite } = options;
  const objects = createObjectWriter({ store: target, retry: createRetry(random) });
  const mover = createMover({ target, objects, clock, overwrite });
  const jobs = createSnapshots({ store: source, clock });
  const total = await countOf(jobKeysOf(source));
  builder.found(total);
  if (total === 0) return;
  const sidecars = await readSidecars(source);

  await pass('copy', async key => {
    const job = await jobs.read(key);
    // Deleted since it was listed: there is nothing to copy.
    if (job === null) return;
    const { hands } = job;
    if (hands.kind === 'live' && !(held && target.traits.compareAndSwap)) {
      const { holder, expires_at } = hands.lease;
      const why = held ? ', and the target has no leases to go on with' : '';
      builder.note('held', key, `held by "${holder}" until ${expires_at}${why}`);
      return;
    }
    await copyOne(await loadOf(job, sidecars), { mover, builder });
  });

  const verification = createVerification({ source, target, builder });
  await pass('verify', key => verification.check(key));
  verification.finish();
  for await (const key of jobKeysOf(target)) verification.checkThere(key);

  async function pass(name: CopyProgress['pass'], task: (key: string) => Promise<void>) {
    let done = 0;
    let failures = 0;
    options.onProgress?.({ pass: name, done, total });
    await forEachConcurrently(jobKeysOf(source), LANES, async key => {
      try {
        await task(key);
        failures = 0;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        builder.note(name === 'copy' ? 'failures' : 'unverified', key, error.message);
        failures += 1;
        if (failures >= MOST_FAILURES) throw error;
      }
      done += 1;
      options.onProgress?.({ pass: name, done, total: Math.max(total, done) });
    });
  }
}

async function loadOf(job: Snapshot, sidecars: Sidecars): Promise<Load> {
  const { hands, key } = job;
  return {
    job,
    lease: hands.kind === 'nobody' ? null : hands.carried,
    hints: await sidecars.hintsOf(job),
    expiredLeases: await sidecars.expiredLeasesOf(key),
  };
}

async function copyOne(
  load: Load,
  { mover, builder }: { readonly mover: Mover; readonly builder: ReportBuilder },
): Promise<void> {
  const { job, lease, hints } = load;
  const { key } = job;
  const moved = await mover.move(load);
  if (!moved.ok) return builder.note('failures', key, 'others keep writing it at the target');
  const move = moved.value;
  if (move.kind === 'conflict') return builder.note('conflicts', key, move.reason);
  if (move.kind === 'held') return builder.note('heldThere', key, move.reason);
  builder.count(move.kind);
  if (job.state === null) builder.count('corrupt');
  if (job.hands.kind === 'dead') builder.count('zombies');
  if (job.hands.kind === 'live') builder.count('carried');
  const leases = lease === null ? [] : [lease.key];
  builder.expect(key, { version: job.object.version, sidecars: [...leases, ...hints] });
}

/** What else a bucket holds under this prefix is no job's. */
async function* jobKeysOf(store: ObjectStore): AsyncGenerator<string> {
  for await (const { key } of store.list(JOB_KEYS)) if (isJobKey(key)) yield key;
}

async function countOf(keys: AsyncIterable<string>): Promise<number> {
  let count = 0;
  await forEachConcurrently(keys, 1, async () => {
    count += 1;
  });
  return count;
}

import type { Clock } from '../base/clock.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import type { Random } from '../base/random.ts';
import { isJobKey, JOB_KEYS } from '../keys/job-id.ts';
import { createRetry } from '../storage/commit/retry.ts';
import { createObjectWriter } from '../storage/compare-and-swap.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import { type CopyReport, createReportBuilder, type ReportBuilder } from './report.ts';
import { readSidecars, type Sidecars } from './sidecars.ts';
import { createSnapshots, type Snapshot } from './snapshot.ts';
import { createVerification } from './verification.ts';
import { type CopyWriter, createCopyWriter, type JobBundle } from './writer.ts';

export interface CopyOptions {
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Copies held jobs too, with their leases: their holders continue at the target with the same tokens. */
  readonly held: boolean;
  /** Replaces objects of the target that have the keys of jobs of the source. */
  readonly overwrite: boolean;
  /** The target may have jobs that the source does not have. */
  readonly others: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
}

export interface CopyProgress {
  readonly pass: 'copy' | 'verify';
  readonly done: number;
  /** The number of jobs that the source listed at the beginning. */
  readonly total: number;
}

/** Jobs copied at a time, so that the answers of a distant store overlap. Each has a body in memory. */
const CONCURRENCY = 6;

/** This many failures in a row come from the store, not from the jobs. */
const MAX_FAILURES_IN_A_ROW = 10;

/**
 * Copies every job to another store, with unchanged bytes, and then compares the two stores. It keeps objects that are
 * already at the target, and objects that others put there. So an interrupted copy can run again and loses nothing.
 * If a store fails, the copy ends with a report of what was done until then.
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
  const writer = createCopyWriter({ target, objects, clock, overwrite });
  const jobs = createSnapshots({ store: source, clock });
  const total = await countOf(jobKeysOf(source));
  builder.found(total);
  if (total === 0) return;
  const sidecars = await readSidecars(source);

  await pass('copy', async key => {
    const job = await jobs.read(key);
    // It was deleted after the list.
    if (job === null) return;
    const { holding } = job;
    if (holding.kind === 'live' && !(held && target.traits.compareAndSwap)) {
      const { holder, expires_at } = holding.lease;
      const why = held ? ', and the target does not support leases' : '';
      builder.note('held', key, `held by "${holder}" until ${expires_at}${why}`);
      return;
    }
    await copyOne(await readBundle(job, sidecars), { writer, builder });
  });

  const verification = createVerification({ source, target, builder });
  await pass('verify', key => verification.check(key));
  verification.finish();
  for await (const key of jobKeysOf(target)) verification.checkTarget(key);

  async function pass(name: CopyProgress['pass'], task: (key: string) => Promise<void>) {
    let done = 0;
    let failures = 0;
    options.onProgress?.({ pass: name, done, total });
    await forEachConcurrently(jobKeysOf(source), CONCURRENCY, async key => {
      try {
        await task(key);
        failures = 0;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        builder.note(name === 'copy' ? 'failures' : 'unverified', key, error.message);
        failures += 1;
        if (failures >= MAX_FAILURES_IN_A_ROW) throw error;
      }
      done += 1;
      options.onProgress?.({ pass: name, done, total: Math.max(total, done) });
    });
  }
}

async function readBundle(job: Snapshot, sidecars: Sidecars): Promise<JobBundle> {
  const { holding, key } = job;
  return {
    job,
    lease: holding.kind === 'unleased' ? null : holding.carried,
    hints: await sidecars.hintsOf(job),
    expiredLeases: await sidecars.expiredLeasesOf(key),
  };
}

async function copyOne(
  bundle: JobBundle,
  { writer, builder }: { readonly writer: CopyWriter; readonly builder: ReportBuilder },
): Promise<void> {
  const { job, lease, hints } = bundle;
  const { key } = job;
  const written = await writer.write(bundle);
  if (!written.ok) return builder.note('failures', key, 'others keep writing it at the target');
  const outcome = written.value;
  if (outcome.kind === 'conflict') return builder.note('conflicts', key, outcome.reason);
  if (outcome.kind === 'held') return builder.note('heldThere', key, outcome.reason);
  builder.count(outcome.kind);
  if (job.state === null) builder.count('corrupt');
  if (job.holding.kind === 'dead') builder.count('zombies');
  if (job.holding.kind === 'live') builder.count('carried');
  const leases = lease === null ? [] : [lease.key];
  builder.expect(key, { version: job.object.version, sidecars: [...leases, ...hints] });
}

/** The keys of jobs. Other objects of a bucket under this prefix are skipped. */
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

import { hasBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { decodeLease, labelOfLease } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { Decision, ObjectWriter } from '../storage/compare-and-swap.ts';
import { outlineOf, storedLabelOf } from '../storage/job-summary.ts';
import {
  type Body,
  type ObjectStore,
  type StoredObject,
  StoreError,
  UNCONDITIONAL,
} from '../store.ts';
import { type CopyOutcome, decideCopy, type TargetObject } from './decision.ts';
import { createCopyRecords } from './provenance.ts';
import { expiredLeasesKeyOf } from './sidecars.ts';
import { type CarriedLease, createSnapshots, type Snapshot } from './snapshot.ts';

/** A job with its lease and sidecar objects. */
export interface JobBundle {
  readonly job: Snapshot;
  readonly lease: CarriedLease | null;
  readonly hints: readonly string[];
  readonly expiredLeases: StoredObject | null;
}

export interface CopyWriter {
  /** Failure: `store_unavailable`, when other writers at the target are always faster. */
  write(bundle: JobBundle): Promise<Result<CopyOutcome>>;
}

const EMPTY = new Uint8Array();

export function createCopyWriter(parts: {
  readonly target: ObjectStore;
  readonly objects: ObjectWriter;
  readonly clock: Clock;
  readonly overwrite: boolean;
}): CopyWriter {
  const { target, objects, clock, overwrite } = parts;
  const jobs = createSnapshots({ store: target, clock });
  const copyRecords = createCopyRecords(target);

  /*
   * 1. the lease, 2. the hints, 3. the expired lease record, 4. the copy record, 5. the job
   *
   * The job decides, so it comes last, and its put is the point of no return. If the process dies before that, the
   * target has only objects that the protocol can handle: a lease that no job names is an orphan, which a sweep removes
   * when it has expired; a hint without a job looks like one whose change is not stored yet. In the opposite order
   * a job could name a missing lease, and be taken from a running holder; or wait without a hint forever; or count
   * as written by others, because it has no copy record. A second run finds what is there, and continues.
   */
  async function writeSidecars(
    { lease, hints, expiredLeases, job }: JobBundle,
    replaces: boolean,
  ): Promise<void> {
    if (lease !== null) await writeLease(lease);
    for (const hint of hints) {
      if ((await target.head(hint)) === null) await target.put(hint, EMPTY, UNCONDITIONAL);
    }
    if (expiredLeases !== null)
      await writeExpiredLeases(expiredLeasesKeyOf(job.key), expiredLeases.body, replaces);
  }

  /** Of two versions of one lease, the later one has more renewals or is over. */
  async function writeLease({ key, object, lease }: CarriedLease): Promise<void> {
    const label = lease === null ? undefined : labelOfLease(lease);
    await writeIfWanted(key, current => {
      const carried = { body: object.body, label };
      if (current === null) return carried;
      const stored = decodeLease(current.body, key);
      const isOver = !stored.ok || stored.lease.expired || !isRunning(stored.lease, clock.now());
      if (overwrite && isOver) return carried;
      if (!stored.ok || lease === null || stored.lease.expired) return null;
      return stored.lease.renewals < lease.renewals ? carried : null;
    });
  }

  /** Only statistics depend on these. They are replaced together with the state. */
  async function writeExpiredLeases(key: string, body: StoredObject['body'], replaces: boolean) {
    await writeIfWanted(key, current => (current === null || replaces ? { body } : null));
  }

  async function writeIfWanted(
    key: string,
    wanted: (current: StoredObject | null) => Pick<Write, 'body' | 'label'> | null,
  ): Promise<void> {
    const written = await objects.change<StoredObject, null>(key, {
      read: () => target.get(key),
      decide(current) {
        const next = wanted(current);
        const isKept = next === null || isStored(current, next.body);
        if (isKept) return ok({ kind: 'keep', value: null });
        return ok({ kind: 'write', ...next, written: () => null });
      },
    });
    if (!written.ok) throw new StoreError(`Cannot write "${key}": others keep writing it`);
  }

  async function readTarget({ key, object }: Snapshot): Promise<TargetObject | null> {
    const current = await target.get(key);
    if (current === null) return null;
    const { version } = current;
    if (isStored(current, object.body)) return { kind: 'same', version };
    const [job, isRecorded] = await Promise.all([
      jobs.of(key, current),
      copyRecords.includes(key, current.body),
    ]);
    return { kind: 'other', version, job, isRecorded };
  }

  function decide(bundle: JobBundle, there: TargetObject | null): Decision<CopyOutcome> {
    const { key, object, state } = bundle.job;
    const outcome = decideCopy(bundle.job, there, { overwrite });
    switch (outcome.kind) {
      case 'present':
      case 'conflict':
      case 'held':
        return { kind: 'keep', value: outcome };
      case 'copied':
      case 'updated':
      case 'overwritten':
        return {
          kind: 'write',
          body: object.body,
          label: labelFor(state),
          async first() {
            await writeSidecars(bundle, true);
            await copyRecords.write(key, { next: object.body, replaced: recordedBodyOf(there) });
          },
          written: () => outcome,
        };
      default:
        return outcome satisfies never;
    }
  }

  function labelFor(state: CheckpointState | null): string | undefined {
    if (!target.traits.labels || state === null) return undefined;
    return storedLabelOf(outlineOf(state), target);
  }

  return {
    async write(bundle) {
      const { key } = bundle.job;
      const written = await objects.change<TargetObject, CopyOutcome>(key, {
        read: () => readTarget(bundle.job),
        decide: there => ok(decide(bundle, there)),
      });
      // A claim may have removed a hint that was copied before its job.
      if (written.ok && written.value.kind === 'present') await writeSidecars(bundle, false);
      return written;
    },
  };
}

type Write = Extract<Decision<null>, { kind: 'write' }>;

function isStored(current: StoredObject | null, body: Body): boolean {
  return current !== null && hasBytes(current.body, body);
}

function recordedBodyOf(there: TargetObject | null): StoredObject['body'] | null {
  if (there?.kind !== 'other' || !there.isRecorded) return null;
  return there.job.object.body;
}

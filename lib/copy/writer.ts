import { sameBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { decodeLease, labelOfLease } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { Decision, ObjectWriter } from '../storage/compare-and-swap.ts';
import { labelOf, outlineOf } from '../storage/job-summary.ts';
import { type ObjectStore, type StoredObject, StoreError, UNCONDITIONAL } from '../store.ts';
import { type Move, moveOnto, type There } from './decision.ts';
import { createMarks } from './provenance.ts';
import { expiredLeasesKeyOf } from './sidecars.ts';
import { type CarriedLease, createSnapshots, type Snapshot } from './snapshot.ts';

/** A job with all that goes along with it. */
export interface Load {
  readonly job: Snapshot;
  readonly lease: CarriedLease | null;
  readonly hints: readonly string[];
  readonly expiredLeases: StoredObject | null;
}

export interface Mover {
  /** Failure: `store_unavailable`, where other writers at the target are always faster. */
  move(load: Load): Promise<Result<Move>>;
}

const EMPTY = new Uint8Array();

export function createMover(parts: {
  readonly target: ObjectStore;
  readonly objects: ObjectWriter;
  readonly clock: Clock;
  readonly overwrite: boolean;
}): Mover {
  const { target, objects, clock, overwrite } = parts;
  const jobs = createSnapshots({ store: target, clock });
  const marks = createMarks(target);

  /*
   * 1. the lease, 2. the hints, 3. the lapses, 4. the mark, 5. the job
   *
   * The job is the arbiter, so it comes last, and its put is the point of no return. Whoever dies before
   * it has left at the target what the protocol knows how to meet: a lease that no job names is an orphan,
   * which a sweep removes once it has expired; a hint without a job is one whose change is on its way. The
   * other way round a job would name a lease that is not there, and be taken from a holder that lives; or
   * wait without a hint, for ever; or be taken for another's, having no mark. Run again, it finds what is
   * there, and goes on.
   */
  async function bring(
    { lease, hints, expiredLeases, job }: Load,
    replaces: boolean,
  ): Promise<void> {
    if (lease !== null) await bringLease(lease);
    for (const hint of hints) {
      if ((await target.head(hint)) === null) await target.put(hint, EMPTY, UNCONDITIONAL);
    }
    if (expiredLeases !== null)
      await bringExpiredLeases(expiredLeasesKeyOf(job.key), expiredLeases.body, replaces);
  }

  /** Of one lease at both places the one is later that was renewed more often, or is over. */
  async function bringLease({ key, object, lease }: CarriedLease): Promise<void> {
    const label = lease === null ? undefined : labelOfLease(lease);
    await settled(key, current => {
      const carried = { body: object.body, label };
      if (current === null) return carried;
      const stored = decodeLease(current.body, key);
      const isOver = !stored.ok || stored.lease.expired || !isRunning(stored.lease, clock.now());
      if (overwrite && isOver) return carried;
      if (!stored.ok || lease === null || stored.lease.expired) return null;
      return stored.lease.renewals < lease.renewals ? carried : null;
    });
  }

  /** Figures, on which no job hangs: they go with the state that they came with. */
  async function bringExpiredLeases(key: string, body: StoredObject['body'], replaces: boolean) {
    await settled(key, current => (current === null || replaces ? { body } : null));
  }

  async function settled(
    key: string,
    wanted: (current: StoredObject | null) => Pick<Write, 'body' | 'label'> | null,
  ): Promise<void> {
    const written = await objects.change<StoredObject, null>(key, {
      read: () => target.get(key),
      decide(current) {
        const wants = wanted(current);
        const stands = wants === null || isStored(current, wants.body);
        if (stands) return ok({ kind: 'keep', value: null });
        return ok({ kind: 'write', ...wants, written: () => null });
      },
    });
    if (!written.ok) throw new StoreError(`Cannot write "${key}": others keep writing it`);
  }

  async function readThere({ key, object }: Snapshot): Promise<There | null> {
    const current = await target.get(key);
    if (current === null) return null;
    const { version } = current;
    if (isStored(current, object.body)) return { kind: 'same', version };
    const [job, isMarked] = await Promise.all([
      jobs.of(key, current),
      marks.bears(key, current.body),
    ]);
    return { kind: 'other', version, job, isMarked };
  }

  function decide(load: Load, there: There | null): Decision<Move> {
    const { key, object, state } = load.job;
    const move = moveOnto(load.job, there, { overwrite });
    switch (move.kind) {
      case 'present':
      case 'conflict':
      case 'held':
        return { kind: 'keep', value: move };
      case 'copied':
      case 'updated':
      case 'overwritten':
        return {
          kind: 'write',
          body: object.body,
          label: labelFor(state),
          async first() {
            await bring(load, true);
            await marks.write(key, { next: object.body, upon: markedIn(there) });
          },
          written: () => move,
        };
      default:
        return move satisfies never;
    }
  }

  function labelFor(state: CheckpointState | null): string | undefined {
    if (!target.traits.labels || state === null) return undefined;
    return labelOf(outlineOf(state)) ?? undefined;
  }

  return {
    async move(load) {
      const { key } = load.job;
      const moved = await objects.change<There, Move>(key, {
        read: () => readThere(load.job),
        decide: there => ok(decide(load, there)),
      });
      // A claim may have taken a hint away that came before its job.
      if (moved.ok && moved.value.kind === 'present') await bring(load, false);
      return moved;
    },
  };
}

type Write = Extract<Decision<null>, { kind: 'write' }>;

function isStored(current: StoredObject | null, body: Uint8Array): boolean {
  return current !== null && sameBytes(current.body, body);
}

function markedIn(there: There | null): StoredObject['body'] | null {
  if (there?.kind !== 'other' || !there.isMarked) return null;
  return there.job.object.body;
}

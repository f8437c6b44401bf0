import type { Clock } from '../clock.ts';
import { ok, type Result } from '../failure.ts';
import { labelOf } from '../job-label.ts';
import { outlineOf } from '../job-summary.ts';
import { decodeLease, labelOfLease } from '../lease/lease.ts';
import type { Decision, ObjectWriter } from '../object-writer.ts';
import { sameBytes } from '../same-bytes.ts';
import type { CheckpointState } from '../state/checkpoint.ts';
import { type ObjectStore, type StoredObject, StoreError, UNCONDITIONAL } from '../store.ts';
import { lapsesKeyOf } from './companions.ts';
import { isEarlier } from './earlier.ts';
import { type CarriedLease, type SourceJob, stateOf } from './source-job.ts';

/** A job with all that goes along with it. */
export interface Load {
  readonly job: SourceJob;
  readonly lease: CarriedLease | null;
  readonly hints: readonly string[];
  readonly lapses: StoredObject | null;
}

export type Move =
  /** `updated`: over an earlier state of the job. */
  | { readonly kind: 'copied' | 'updated' | 'overwritten' | 'present' }
  | { readonly kind: 'conflict'; readonly reason: string };

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

  /*
   * 1. the lease, 2. the hints, 3. the lapses, 4. the job
   *
   * The job is the arbiter, so it comes last, and its put is the point of no return. Whoever dies before
   * it has left at the target what the protocol knows how to meet: a lease that no job names is an orphan,
   * which a sweep removes once it has expired; a hint without a job is one whose change is on its way. The
   * other way round a job would name a lease that is not there, and be taken from a holder that lives; or
   * wait without a hint, for ever. Run again, it finds what is there, and goes on.
   */
  async function bring({ lease, hints, lapses, job }: Load, replaces: boolean): Promise<void> {
    if (lease !== null) await bringLease(lease);
    for (const hint of hints) {
      if ((await target.head(hint)) === null) await target.put(hint, EMPTY, UNCONDITIONAL);
    }
    if (lapses !== null) await bringLapses(lapsesKeyOf(job.key), lapses.body, replaces);
  }

  /** Of one lease at both places the one is later that was renewed more often, or is over. */
  async function bringLease({ key, object, lease }: CarriedLease): Promise<void> {
    const label = lease === null ? undefined : labelOfLease(lease);
    await settled(key, current => {
      if (current === null || overwrite) return { body: object.body, label };
      const stored = decodeLease(current.body, key);
      if (!stored.ok || lease === null || stored.lease.expired) return null;
      return stored.lease.renewals < lease.renewals ? { body: object.body, label } : null;
    });
  }

  /** Figures, on which no job hangs: they go with the state that they came with. */
  async function bringLapses(key: string, body: StoredObject['body'], replaces: boolean) {
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

  function decide(load: Load, current: StoredObject | null): Decision<Move> {
    const { key, object, state } = load.job;
    if (isStored(current, object.body)) return { kind: 'keep', value: { kind: 'present' } };
    const kind = kindOf(current);
    if (kind === 'conflict') {
      const reason = conflictOf(current === null ? null : stateOf(key, current.body, clock));
      return { kind: 'keep', value: { kind, reason } };
    }
    return {
      kind: 'write',
      body: object.body,
      label: labelFor(state),
      first: () => bring(load, true),
      written: () => ({ kind }),
    };

    function kindOf(stored: StoredObject | null): Move['kind'] {
      if (stored === null) return 'copied';
      if (overwrite) return 'overwritten';
      const there = stateOf(key, stored.body, clock);
      return there !== null && state !== null && isEarlier(there, state) ? 'updated' : 'conflict';
    }
  }

  function labelFor(state: CheckpointState | null): string | undefined {
    if (!target.traits.labels || state === null) return undefined;
    return labelOf(outlineOf(state)) ?? undefined;
  }

  return {
    async move(load) {
      const { key } = load.job;
      const moved = await objects.change<StoredObject, Move>(key, {
        read: () => target.get(key),
        decide: current => ok(decide(load, current)),
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

function conflictOf(there: CheckpointState | null): string {
  if (there === null) return 'the target has another object under this key';
  return `the target has this job as "${there.status}" of ${there.updated_at}, and that is no earlier state of it`;
}

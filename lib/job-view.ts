import { recoveryMessage } from './lease/job-handover.ts';
import { withoutProof } from './lease/job-lease.ts';
import type { Lease } from './lease/lease.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { encodeState } from './state/codec.ts';
import { markJobPaused } from './state/transitions.ts';
import type { Bytes } from './store.ts';

/** What may be shown of a job: strict JSON without what proves the holder's right to it. */
export function shown({ state, text }: { state: CheckpointState; text: Bytes }): Bytes {
  const open = withoutProof(state);
  if (open === state) return text;
  const known = texts.get(state);
  if (known !== undefined) return known;
  const body = encodeState(open).strict;
  texts.set(state, body);
  return body;
}

/** Of jobs that are read again and again while they are held. */
const texts = new WeakMap<CheckpointState, Bytes>();

/** A job whose holder is dead, as nearly all are when they are recovered: paused, and saying why. */
export function shownAsZombie(state: CheckpointState, lease: Lease | null): Bytes {
  const open = withoutProof(state);
  return encodeState({ ...markJobPaused(open), error_message: recoveryMessage(state, lease) })
    .strict;
}

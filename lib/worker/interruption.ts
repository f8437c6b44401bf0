/**
 * Why a sheet is to stop. `lost`: the lease is somebody else's, or nobody's, or may be where the worker is
 * told to abort when it is uncertain. `cancel`, `fail`: an operator asked for it. `stop`: the worker is to end.
 */
export type InterruptionCause = 'lost' | 'cancel' | 'fail' | 'stop';

/** The reason of the signal that a sheet is given. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly why: InterruptionCause;

  constructor(why: InterruptionCause) {
    super(MESSAGES[why]);
    this.why = why;
  }
}

const MESSAGES: { readonly [Why in InterruptionCause]: string } = {
  lost: 'The lease of the job is lost',
  cancel: 'The job is to be cancelled',
  fail: 'The job is to fail',
  stop: 'The worker is to stop',
};

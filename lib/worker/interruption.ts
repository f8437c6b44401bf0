/**
 * Why a sheet must stop. `lost`: the lease is over, or it may be over and `abortWhenUncertain` is set. `cancel`,
 * `fail`: an operator asked for it. `stop`: the worker is stopping.
 */
export type InterruptionCause = 'lost' | 'cancel' | 'fail' | 'stop';

/** The `reason` of the `AbortSignal` in a `SheetContext`. */
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
  cancel: 'An operator asked to cancel the job',
  fail: 'An operator asked to fail the job',
  stop: 'The worker is stopping',
};

/** Thrown by `onSheet`: another try would fail as well, so the job fails at once with this message. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly permanent = true;
}

/** Whether the error says that another try makes no sense: also one of another copy of this library, or of your own. */
export function isPermanent(error: Error): boolean {
  return 'permanent' in error && error.permanent === true;
}

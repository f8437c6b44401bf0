import { getSystemErrorMessage } from 'node:util';
import { StoreError } from '../../store.ts';

/** Whether the system refused with this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether a look-up found nothing. A name too long to exist, or below a file, is as absent as any. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENAMETOOLONG') || hasCode(error, 'ENOTDIR');
}

/** The reason of a fault in the system's own words, without the path. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('errno' in error) || typeof error.errno !== 'number') return error.message;
  return getSystemErrorMessage(error.errno);
}

/** A `StoreError` that says what was tried and why it failed; one that says so already stays as it is. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(`Cannot ${attempt}: ${reasonOf(cause)}`, { cause });
}

/** As `trying`, at once. */
export function failing<T>(attempt: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw storeError(attempt, error);
  }
}

/** Runs the task, and says what was tried where it fails. */
export async function trying<T>(attempt: () => string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw storeError(attempt(), error);
  }
}

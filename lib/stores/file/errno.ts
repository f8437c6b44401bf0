import { getSystemErrorMessage } from 'node:util';
import { StoreError } from '../../store.ts';

/** Whether the system failed with this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** Whether the file does not exist. A name that is too long, or that is below a file, cannot exist either. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT') || hasCode(error, 'ENAMETOOLONG') || hasCode(error, 'ENOTDIR');
}

/** The reason of an error as the system words it, without the path. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('errno' in error) || typeof error.errno !== 'number') return error.message;
  return getSystemErrorMessage(error.errno);
}

/** A `StoreError` that says what was tried and why it failed. A `StoreError` is returned unchanged. */
export function storeError(attempt: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(`Cannot ${attempt}: ${reasonOf(cause)}`, { cause });
}

/** Like `withStoreError`, but synchronous. */
export function withStoreErrorSync<T>(attempt: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    throw storeError(attempt, error);
  }
}

/** Runs the task, and turns its error into a `StoreError` that says what was tried. */
export async function withStoreError<T>(attempt: () => string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw storeError(attempt(), error);
  }
}

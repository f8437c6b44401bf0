import { fail, ok, type Result } from '../../lib/failure.ts';
import type { HttpContext } from './env.ts';

/** Reads one part of a request. It returns a promise only where it has something to wait for. */
export type Reader<T> = (c: HttpContext) => Result<T> | Promise<Result<T>>;

/** One reader for each value of `T`, under the same name. */
export type Readers<T> = { readonly [Name in keyof T]: Reader<T[Name]> };

/**
 * Reads the parts that a route declares, in the order in which they are written there, and returns their values
 * under the same names. The first part that fails decides the answer; the parts after it are not read.
 */
export async function readRequest<T extends object>(
  c: HttpContext,
  readers: Readers<T>,
): Promise<Result<T>>;
// The compiler cannot follow that the loop sets every name of `T`: the signature above states it.
export async function readRequest<T extends object>(
  c: HttpContext,
  readers: Readers<T>,
): Promise<Result<Partial<T>>> {
  const values: Partial<T> = {};
  for (const name of namesOf(readers)) {
    const reading = readers[name](c);
    // To await a value that is already there would still cost a microtask.
    const result = reading instanceof Promise ? await reading : reading;
    if (!result.ok) return result;
    values[name] = result.value;
  }
  return ok(values);
}

/**
 * A loop over the members themselves that awaits something is never compiled for long: V8 does not learn what such a
 * loop reads, and goes back to interpreting it.
 */
function namesOf<T extends object>(readers: Readers<T>): Extract<keyof T, string>[] {
  const names: Extract<keyof T, string>[] = [];
  for (const name in readers) names.push(name);
  return names;
}

/** The failure of a part that has one fault. */
export function invalid(path: string, reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}

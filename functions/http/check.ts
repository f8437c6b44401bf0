import type { HttpContext } from './env.ts';
import type { Answer } from './response.ts';

/**
 * Looks at a request before its route runs. Returns the answer to a request that is refused, else null. A check
 * returns a promise only where it has something to wait for.
 */
export type Check = (c: HttpContext) => Answer | null | Promise<Answer | null>;

/** The answer of the first check that refuses the request, null if none does. */
export function firstRefusal(
  c: HttpContext,
  checks: readonly Check[],
  from = 0,
): ReturnType<Check> {
  for (let index = from; index < checks.length; index++) {
    const checked = checks[index]?.(c) ?? null;
    if (checked instanceof Promise) {
      return checked.then(refusal => refusal ?? firstRefusal(c, checks, index + 1));
    }
    if (checked !== null) return checked;
  }
  return null;
}

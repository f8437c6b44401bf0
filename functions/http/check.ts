import type { HttpContext } from './env.ts';

/**
 * Looks at a request before its route runs. Returns the answer to a request that is refused, else null. A check
 * returns a promise only where it has something to wait for.
 */
export type Check = (c: HttpContext) => Response | null | Promise<Response | null>;

/** The answer of the first check that refuses the request, null if none does. */
export function firstRefusal(c: HttpContext, checks: readonly Check[]): ReturnType<Check> {
  for (const [index, check] of checks.entries()) {
    const checked = check(c);
    if (checked instanceof Promise) {
      return checked.then(refusal => refusal ?? firstRefusal(c, checks.slice(index + 1)));
    }
    if (checked !== null) return checked;
  }
  return null;
}

import { fail, ok, type Result } from '../lib/failure.ts';
import type { HttpContext } from './http-env.ts';

/** `?force=true`: whoever holds the job. */
export function forceOf(c: HttpContext): Result<boolean> {
  const force = c.req.query('force') ?? 'false';
  if (force === 'true' || force === 'false') return ok(force === 'true');
  return invalid('?force', 'Expected true or false');
}

/** An integer from 1 to `max` under a name, or what stands for it where it is not given. */
export function integerOf(
  c: HttpContext,
  name: string,
  { max, otherwise }: { max: number; otherwise: number },
): Result<number> {
  const text = c.req.query(name);
  if (text === undefined) return ok(otherwise);
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= max) return ok(value);
  return invalid(`?${name}`, `Expected an integer from 1 to ${max}`);
}

export function invalid(path: string, reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path, reason }] });
}

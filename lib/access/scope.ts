import * as z from 'zod';

/** Each scope includes the ones before it. */
export const Scope = z.enum(['read', 'work', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** Whether a scope includes the needed one. */
export function includesScope(scope: Scope, needed: Scope): boolean {
  return Scope.options.indexOf(scope) >= Scope.options.indexOf(needed);
}

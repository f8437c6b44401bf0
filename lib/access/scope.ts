import * as z from 'zod';

/** Each holds those before it. */
export const Scope = z.enum(['read', 'work', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** Whether a scope holds another one. */
export function holds(scope: Scope, needed: Scope): boolean {
  return Scope.options.indexOf(scope) >= Scope.options.indexOf(needed);
}

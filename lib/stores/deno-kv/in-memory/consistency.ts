import type { Consistency } from './shim-kv.ts';

/** Throws if the level is not a consistency level. Null and undefined mean `strong`. */
export function requireConsistency(level: Consistency | null | undefined): void {
  if (level === null || level === undefined || level === 'strong' || level === 'eventual') return;
  throw new TypeError(`unknown variant \`${String(level)}\`, expected \`strong\` or \`eventual\``);
}

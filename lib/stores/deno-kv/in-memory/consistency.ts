import type { Consistency } from './shim-kv.ts';

/** Refuses what is no level of consistency; null and undefined stand for the strong one. */
export function requireConsistency(level: Consistency | null | undefined): void {
  if (level === null || level === undefined || level === 'strong' || level === 'eventual') return;
  throw new TypeError(`unknown variant \`${String(level)}\`, expected \`strong\` or \`eventual\``);
}

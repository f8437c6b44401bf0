import * as z from 'zod';
import { sameDigest } from '../digest.ts';

/** Each holds those before it. */
export const Scope = z.enum(['read', 'work', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** What the bearer of a token may do, and to which jobs. */
export interface Access {
  readonly scope: Scope;
  /** What the ids of the jobs begin with; empty for all. */
  readonly prefix: string;
}

export interface AccessList {
  /** What the token of this digest opens, null for one that is not known. */
  find(sha256: string): Access | null;
  readonly size: number;
}

interface Entry extends Access {
  readonly sha256: string;
}

export type ReadAccessList =
  | { readonly ok: true; readonly list: AccessList }
  | { readonly ok: false; readonly reason: string };

const ENTRY = /^([0-9a-f]{64}):(read|work|admin)(?::(.*))?$/su;

/**
 * `<sha256>:<scope>[:<prefix>]`, one or several, separated by commas or line breaks. To change a token
 * both stand there for a while.
 */
export function readAccessList(text: string): ReadAccessList {
  const lines = text
    .split(/[,\n]/)
    .map(line => line.trim())
    .filter(line => line !== '');
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    const [, sha256, scope, prefix = ''] = ENTRY.exec(line) ?? [];
    const parsed = Scope.safeParse(scope);
    if (sha256 === undefined || !parsed.success) {
      // The line itself may be a token that was put here by mistake, and is not repeated.
      const reason = `Entry ${index + 1} is not <sha256>:<read, work or admin>[:<prefix of job ids>]`;
      return { ok: false, reason };
    }
    entries.push({ sha256, scope: parsed.data, prefix });
  }
  return { ok: true, list: accessListOf(entries) };
}

/** Whether a scope holds another one. */
export function holds(scope: Scope, needed: Scope): boolean {
  return Scope.options.indexOf(scope) >= Scope.options.indexOf(needed);
}

function accessListOf(entries: readonly Entry[]): AccessList {
  return {
    size: entries.length,
    find(sha256) {
      let found: Access | null = null;
      // All of them are looked at, whichever it is.
      for (const entry of entries) if (sameDigest(sha256, entry.sha256)) found = entry;
      return found;
    },
  };
}

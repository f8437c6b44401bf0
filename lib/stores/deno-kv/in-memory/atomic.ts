import type { KvCheck, KvKey } from '../kv-like.ts';
import { expiryOf, requireExpireIn } from './expiry.ts';
import { keyBytes } from './key-bytes.ts';
import {
  MAX_CHECKS,
  MAX_MUTATIONS,
  requireAtMost,
  requireCommitSize,
  requireValueSize,
  requireWritable,
} from './limits.ts';
import type { ShimAtomic } from './shim-kv.ts';
import type { Table } from './table.ts';
import { acceptedValue, copyValue, valueBytes } from './value.ts';

/** A mutation as the caller gave it. Keys, and values that are bytes, are read at the commit. */
type Mutation =
  | { readonly kind: 'delete'; readonly key: KvKey }
  | {
      readonly kind: 'set';
      readonly key: KvKey;
      readonly value: unknown;
      readonly expireIn: number | undefined;
    };

interface Check {
  readonly bytes: string;
  readonly versionstamp: string | null;
}

type Step =
  | { readonly kind: 'delete'; readonly bytes: string }
  | {
      readonly kind: 'set';
      readonly bytes: string;
      readonly value: unknown;
      readonly expiresAt: number | null;
    };

interface Parts {
  readonly table: Table;
  readonly now: () => number;
  readonly requireOpen: () => void;
}

const VERSIONSTAMP = /^[0-9a-f]{20}$/i;

export function createAtomic({ table, now, requireOpen }: Parts): ShimAtomic {
  const checks: KvCheck[] = [];
  const mutations: Mutation[] = [];

  const atomic: ShimAtomic = {
    check(...added) {
      for (const { key, versionstamp } of added) checks.push({ key, versionstamp });
      return atomic;
    },

    set(key, value, options) {
      const expireIn = options?.expireIn;
      requireExpireIn(expireIn);
      mutations.push({ kind: 'set', key, value: acceptedValue(value), expireIn });
      return atomic;
    },

    delete(key) {
      mutations.push({ kind: 'delete', key });
      return atomic;
    },

    async commit() {
      requireOpen();
      requireAtMost(MAX_CHECKS, checks.length, 'checks');
      requireAtMost(MAX_MUTATIONS, mutations.length, 'mutations');
      const conditions = checks.map(conditionOf);
      const steps = mutations.map(mutation => stepOf(mutation, now()));
      requireSizes(conditions, steps);
      if (!conditions.every(condition => holds(table, condition))) return { ok: false };
      const versionstamp = table.nextVersionstamp();
      for (const step of steps) carryOut(table, { step, versionstamp });
      return { ok: true, versionstamp };
    },
  };
  return atomic;
}

function conditionOf({ key, versionstamp }: KvCheck): Check {
  const bytes = keyBytes(key);
  if (versionstamp === null || versionstamp === undefined) return { bytes, versionstamp: null };
  if (VERSIONSTAMP.test(versionstamp)) return { bytes, versionstamp: versionstamp.toLowerCase() };
  throw new TypeError('Invalid check');
}

function stepOf(mutation: Mutation, now: number): Step {
  const bytes = keyBytes(mutation.key);
  if (mutation.kind === 'delete') return { kind: 'delete', bytes };
  const { value, expireIn } = mutation;
  return { kind: 'set', bytes, value, expiresAt: expiryOf(expireIn, now) };
}

/** Checks all keys first, then the values. The key of a value counts twice. */
function requireSizes(checks: readonly Check[], steps: readonly Step[]): void {
  let all = 0;
  let keysOfValues = 0;
  for (const { bytes } of [...checks, ...steps]) {
    requireWritable(bytes);
    all += bytes.length;
  }
  for (const step of steps) {
    if (step.kind === 'delete') continue;
    const size = valueBytes(step.value);
    requireValueSize(size);
    all += size + step.bytes.length;
    keysOfValues += step.bytes.length;
  }
  requireCommitSize({ all, keysOfValues });
}

function holds(table: Table, { bytes, versionstamp }: Check): boolean {
  return (table.get(bytes)?.versionstamp ?? null) === versionstamp;
}

function carryOut(
  table: Table,
  change: { readonly step: Step; readonly versionstamp: string },
): void {
  const { step, versionstamp } = change;
  if (step.kind === 'delete') {
    table.delete(step.bytes);
    return;
  }
  const { bytes, value, expiresAt } = step;
  table.set(bytes, { value: copyValue(value), versionstamp, expiresAt });
}

import type { KvAtomic, KvCheck, KvKey } from '../stores/deno-kv/kv-like.ts';
import { keyBytes } from './key-bytes.ts';
import {
  MAX_CHECKS,
  MAX_MUTATIONS,
  requireAtMost,
  requireCommitSize,
  requireNotEmpty,
  requireReadableBytes,
  requireValueSize,
  requireWritable,
} from './limits.ts';
import type { Table } from './table.ts';
import { copyOfValue, valueBytes } from './value.ts';

type Mutation =
  | { readonly kind: 'set'; readonly key: KvKey; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: KvKey };

const VERSIONSTAMP = /^[0-9a-f]{20}$/;

export function createAtomic(table: Table, requireOpen: () => void): KvAtomic {
  const checks: KvCheck[] = [];
  const mutations: Mutation[] = [];

  const atomic: KvAtomic = {
    check(...added) {
      checks.push(...added);
      return atomic;
    },

    set(key, value) {
      requireNotEmpty(key);
      mutations.push({ kind: 'set', key, value });
      return atomic;
    },

    delete(key) {
      requireNotEmpty(key);
      mutations.push({ kind: 'delete', key });
      return atomic;
    },

    async commit() {
      requireOpen();
      requireLimits(checks, mutations);
      if (!checks.every(check => holds(table, check))) return { ok: false };
      const versionstamp = table.nextVersionstamp();
      for (const mutation of mutations) carryOut(table, mutation, versionstamp);
      return { ok: true, versionstamp };
    },
  };
  return atomic;
}

function requireLimits(checks: readonly KvCheck[], mutations: readonly Mutation[]): void {
  requireAtMost(MAX_CHECKS, checks.length, 'checks');
  requireAtMost(MAX_MUTATIONS, mutations.length, 'mutations');
  let total = 0;
  for (const { key, versionstamp } of checks) {
    const bytes = keyBytes(key);
    requireReadableBytes(bytes);
    if (versionstamp !== null && !VERSIONSTAMP.test(versionstamp)) {
      throw new TypeError('Invalid check');
    }
    total += bytes.length;
  }
  for (const mutation of mutations) total += mutationBytes(mutation);
  requireCommitSize(total);
}

function mutationBytes(mutation: Mutation): number {
  const bytes = keyBytes(mutation.key);
  requireWritable(bytes);
  if (mutation.kind === 'delete') return bytes.length;
  const size = valueBytes(mutation.value);
  requireValueSize(size);
  return bytes.length + size;
}

function holds(table: Table, { key, versionstamp }: KvCheck): boolean {
  return (table.get(keyBytes(key))?.versionstamp ?? null) === versionstamp;
}

function carryOut(table: Table, mutation: Mutation, versionstamp: string): void {
  const bytes = keyBytes(mutation.key);
  if (mutation.kind === 'delete') {
    table.delete(bytes);
    return;
  }
  const key = mutation.key.map(part => (part instanceof Uint8Array ? new Uint8Array(part) : part));
  table.set(bytes, { key, value: copyOfValue(mutation.value), versionstamp });
}

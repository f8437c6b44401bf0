import type { KvKey, KvLike } from '../../../../lib/stores/deno-kv/kv-like.ts';

export type Call = (kv: KvLike) => unknown;

export function setting(value: unknown): Call {
  return kv => kv.set(['a'], value);
}

export function filled(length: number, value: number): number[] {
  return Array.from({ length }, () => value);
}

/** A key of the given size: two bytes more than its text. */
export function key(bytes: number): KvKey {
  return ['x'.repeat(bytes - 2)];
}

export function reading(keys: number): Call {
  return kv => kv.getMany(Array.from({ length: keys }, (_, index) => ['a', index]));
}

export function checked(kv: KvLike, checkedKey: KvKey) {
  return kv.atomic().check({ key: checkedKey, versionstamp: null });
}

export function checking(checks: number): Call {
  return kv => {
    const atomic = kv.atomic().set(['b'], 1);
    for (let index = 0; index < checks; index += 1) {
      atomic.check({ key: ['a', index], versionstamp: null });
    }
    return atomic.commit();
  };
}

export function checkingStamp(versionstamp: string): Call {
  return kv =>
    kv
      .atomic()
      .check({ key: ['a'], versionstamp })
      .set(['a'], 1)
      .commit();
}

/** A number of values of the given size, and a number of full ones. */
export function writing(values: number, bytes: number, full = 0): Call {
  return kv => written(kv, { values, bytes, full }).commit();
}

export function withCheck(bytes: number): Call {
  return kv =>
    written(kv, { values: 1, bytes, full: 12 })
      .check({ key: ['c'], versionstamp: null })
      .commit();
}

function written(kv: KvLike, { values, bytes, full }: Record<'values' | 'bytes' | 'full', number>) {
  const atomic = kv.atomic();
  for (let index = 0; index < full; index += 1) atomic.set(['f', index], new Uint8Array(65_536));
  for (let index = 0; index < values; index += 1) atomic.set(['v', index], new Uint8Array(bytes));
  return atomic;
}

/** Keys of 1,000 bytes. */
export function deleting(keys: number): Call {
  return kv => {
    const atomic = kv.atomic();
    for (let index = 0; index < keys; index += 1) atomic.delete(['x'.repeat(989), index]);
    return atomic.commit();
  };
}

/** Keys of 2,000 bytes, and deletions of others, whose keys do not count. */
export function settingKeys(keys: number, deletions = 0): Call {
  return kv => {
    const atomic = kv.atomic();
    for (let index = 0; index < keys; index += 1) atomic.set(['x'.repeat(1_989), index], true);
    for (let index = 0; index < deletions; index += 1) atomic.delete(['x'.repeat(989), index]);
    return atomic.commit();
  };
}

/** A commit that exceeds more than one limit. */
export function breaking(faults: {
  readonly checks?: number;
  readonly stamp?: string;
  readonly sets?: number;
  readonly keyBytes?: number;
  readonly valueBytes?: number;
}): Call {
  const { checks = 1, stamp = null, sets = 1, keyBytes = 12, valueBytes = 1 } = faults;
  const value = new Uint8Array(valueBytes);
  return kv => {
    const atomic = kv.atomic();
    for (let index = 0; index < checks; index += 1) {
      atomic.check({ key: ['c', index], versionstamp: stamp });
    }
    for (let index = 0; index < sets; index += 1) {
      atomic.set(keyBytes === 0 ? [] : ['x'.repeat(Math.max(0, keyBytes - 11)), index], value);
    }
    return atomic.commit();
  };
}

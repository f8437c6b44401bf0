import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';

/** One call of a bucket. */
export interface BucketCall {
  readonly operation: 'get' | 'head' | 'put' | 'delete' | 'list';
  /** The prefix, for a list. */
  readonly key: string;
}

/** A bucket that tells what it was asked for: what is billed, refused puts and each page of a list among it. */
export interface CountedBucket {
  readonly bucket: R2BucketLike;
  /** What was asked since this was last called. */
  takeCalls(): BucketCall[];
}

export function countBucket(inner: R2BucketLike): CountedBucket {
  let calls: BucketCall[] = [];

  function note(operation: BucketCall['operation'], key: string): void {
    calls.push({ operation, key });
  }

  return {
    bucket: {
      head(key) {
        note('head', key);
        return inner.head(key);
      },
      get(key) {
        note('get', key);
        return inner.get(key);
      },
      put(key, body, options) {
        note('put', key);
        return inner.put(key, body, options);
      },
      delete(key) {
        note('delete', key);
        return inner.delete(key);
      },
      list(options) {
        note('list', options.prefix ?? '');
        return inner.list(options);
      },
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}

/** `2 head jobs, put leases`: in the order in which each was first asked for. */
export function operationsIn(calls: readonly BucketCall[]): string {
  const counts = new Map<string, number>();
  for (const { operation, key } of calls) {
    const name = `${operation} ${key.slice(0, key.indexOf('/'))}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ');
}

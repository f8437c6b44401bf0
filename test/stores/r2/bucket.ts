import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';

/** Buckets for tests. */
export interface Buckets {
  /** An empty bucket. */
  next(): Promise<R2BucketLike>;
  stop(): Promise<void>;
}

/** In workerd from its own binding; elsewhere from an emulation, whose calls use a proxy. */
export async function openBuckets(): Promise<Buckets> {
  if (navigator.userAgent === 'Cloudflare-Workers') {
    const { nextBucket } = await import('../../support/runtime-workerd.ts');
    return { next: async () => nextBucket(), stop: async () => {} };
  }
  const { startMiniflare } = await import('../miniflare.ts');
  const emulation = await startMiniflare();
  return {
    async next() {
      await emulation.clear();
      return emulation.bucket;
    },
    stop: () => emulation.stop(),
  };
}

import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';

/** Buckets for tests, one after the other. */
export interface Buckets {
  /** One that holds nothing. */
  next(): Promise<R2BucketLike>;
  stop(): Promise<void>;
}

/** In workerd those of its own binding; elsewhere those of an emulation, whose calls go through a proxy. */
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

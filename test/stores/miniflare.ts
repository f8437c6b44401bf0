import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { readFullBodies } from '../../functions/cli/copy/wrangler.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { Emulation } from './emulation.ts';

/** Removes all that is stored: from here each deletion would be a request of its own. */
const CLEARING = `export default {
  async fetch(_request, { BUCKET, NAMESPACE }) {
    for (let truncated = true; truncated; ) {
      const page = await BUCKET.list();
      await BUCKET.delete(page.objects.map(({ key }) => key));
      truncated = page.truncated;
    }
    for (let isComplete = false; !isComplete; ) {
      const page = await NAMESPACE.list();
      await Promise.all(page.keys.map(({ name }) => NAMESPACE.delete(name)));
      isComplete = page.list_complete;
    }
    return new Response(null, { status: 204 });
  },
}`;

export async function startMiniflare(): Promise<Emulation> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: CLEARING,
      compatibilityDate: '2026-10-30',
      r2Buckets: ['BUCKET'],
      kvNamespaces: ['NAMESPACE'],
      cf: false,
    }),
  );
  const bucket: R2BucketLike = await miniflare.getR2Bucket('BUCKET');
  const namespace = readFullBodies(await miniflare.getKVNamespace('NAMESPACE'));
  return {
    bucket,
    namespace,
    async clear() {
      const { status } = await miniflare.dispatchFetch('http://localhost/');
      if (status !== 204) throw new Error('Cannot clear the emulation');
    },
    stop: () => miniflare.dispose(),
  };
}

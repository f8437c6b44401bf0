import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { readFullBodies } from '../../functions/cli/copy/wrangler.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';

/** One emulation of the platform, for the tests of one file, with one bucket and one namespace. */
export interface Emulation {
  readonly bucket: R2BucketLike;
  readonly namespace: WorkersKvLike;
  /** Removes all stored objects. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMiniflare(): Promise<Emulation> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
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
      const objects = await pagesOf(cursor => bucket.list(cursor));
      await Promise.all(objects.flatMap(page => page.objects).map(({ key }) => bucket.delete(key)));
      const values = await pagesOf(cursor => namespace.list(cursor));
      await Promise.all(
        values.flatMap(page => page.keys).map(({ name }) => namespace.delete(name)),
      );
    },
    stop: () => miniflare.dispose(),
  };
}

async function pagesOf<Page extends { readonly cursor?: string | undefined }>(
  list: (cursor: { cursor?: string }) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor === undefined ? {} : { cursor });
    pages.push(page);
    cursor = page.cursor;
  } while (cursor !== undefined && cursor !== '');
  return pages;
}

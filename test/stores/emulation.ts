import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';

/** One emulation of the platform, for the tests of one file, with one bucket and one namespace. */
export interface Emulation {
  readonly bucket: R2BucketLike;
  readonly namespace: WorkersKvLike;
  /** Removes all that is stored. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** In workerd the bindings of the tests themselves; elsewhere one whose calls go through a proxy. */
export async function openEmulation(): Promise<Emulation> {
  if (navigator.userAgent !== 'Cloudflare-Workers') {
    const { startMiniflare } = await import('./miniflare.ts');
    return startMiniflare();
  }
  const { namespace, nextBucket } = await import('../support/runtime-workerd.ts');
  const bucket = nextBucket();
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
    stop: async () => {},
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

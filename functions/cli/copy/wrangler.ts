import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';

/** Tells wrangler to tell nobody of its use, and to fetch nothing but what is asked for. */
export const WRANGLER_QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
} as const;

/**
 * Where a stream that came through a proxy is cancelled before its end, the process dies of an unhandled
 * rejection. So here a body is read in full instead.
 */
export function readToTheEnd(namespace: WorkersKvLike): WorkersKvLike {
  async function getWithMetadata(key: string, type: 'arrayBuffer' | 'stream') {
    const { value, metadata } = await namespace.getWithMetadata(key, 'arrayBuffer');
    if (type === 'arrayBuffer' || value === null) return { value, metadata };
    return { value: { cancel: async () => {} }, metadata };
  }

  return {
    getWithMetadata: getWithMetadata as WorkersKvLike['getWithMetadata'],
    put: (key, body, options) => namespace.put(key, body, options),
    delete: key => namespace.delete(key),
    list: options => namespace.list(options),
  };
}

import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';

/** Makes wrangler send no metrics, and fetch nothing that was not requested. */
export const WRANGLER_QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
} as const;

/**
 * If a stream from a proxy is cancelled before its end, the process ends with an unhandled rejection. So this reads
 * the full body instead.
 */
export function readFullBodies(namespace: WorkersKvLike): WorkersKvLike {
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

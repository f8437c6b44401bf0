import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';

/** The part of a namespace whose keys begin with what the prefix is now, as a namespace of its own. */
export function namespaceBelow(namespace: WorkersKvLike, prefix: () => string): WorkersKvLike {
  function getWithMetadata(key: string, type: 'arrayBuffer' | 'stream') {
    return type === 'stream'
      ? namespace.getWithMetadata(prefix() + key, type)
      : namespace.getWithMetadata(prefix() + key, type);
  }

  return {
    getWithMetadata: getWithMetadata as WorkersKvLike['getWithMetadata'],
    put: (key, body, options) => namespace.put(prefix() + key, body, options),
    delete: key => namespace.delete(prefix() + key),
    async list(options) {
      const page = await namespace.list({ ...options, prefix: prefix() + (options.prefix ?? '') });
      const keys = page.keys.map(listed => ({
        ...listed,
        name: listed.name.slice(prefix().length),
      }));
      return { ...page, keys };
    },
  };
}

import type { KvLike } from '../../lib/stores/deno-kv/kv-like.ts';

/** Opens Deno's own KV; there is one under Deno alone. */
export function openOwnKv(path: string): Promise<KvLike> {
  const { Deno } = globalThis as unknown as {
    readonly Deno: { openKv(path: string): Promise<KvLike> };
  };
  return Deno.openKv(path);
}

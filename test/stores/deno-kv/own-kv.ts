import type { ShimKv } from '../../../lib/stores/deno-kv/in-memory/shim-kv.ts';

/** Opens Deno's KV, which exists only under Deno. */
export function openOwnKv(path: string): Promise<ShimKv> {
  const { Deno } = globalThis as unknown as {
    readonly Deno: { openKv(path: string): Promise<ShimKv> };
  };
  return Deno.openKv(path);
}

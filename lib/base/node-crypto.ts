/**
 * `node:crypto`, or null where the runtime does not have it. Its digest of a short text takes a microsecond and
 * no promise; one of WebCrypto is done by other threads, which takes 50 of them. Loaded like this, `lib/` still runs
 * where there is no `node:crypto`, such as on Workers without `nodejs_compat`.
 */
export const nodeCrypto = load();

function load() {
  const { process }: { readonly process?: Partial<NodeJS.Process> } = globalThis;
  const loaded = process?.getBuiltinModule?.('node:crypto');
  if (loaded === undefined) return null;
  const { hash, hkdfSync }: Partial<typeof loaded> = loaded;
  return hash === undefined || hkdfSync === undefined ? null : { hash, hkdfSync };
}

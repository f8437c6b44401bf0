/**
 * Runs the service until a signal stops it: on Node with the files of a folder, on Deno with Deno KV. The flags are those
 * after `dalsegno serve`. Bad settings end the process with 2, a store that cannot be opened with 1.
 */
export async function serve(flags: readonly string[]): Promise<void> {
  if (process.versions['deno'] !== undefined) {
    const { serveDeno } = await import('../deno/serve.ts');
    await serveDeno(flags);
    return;
  }
  const { serveNode } = await import('../node/serve.ts');
  await serveNode(flags);
}

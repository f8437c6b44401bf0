import { limitHeapGrowth } from './heap-growth.ts';
import { sizeYoungGeneration } from './young-generation.ts';

/** Runs the service on Node with these flags, and the environment of the process. */
export async function serveNode(flags: readonly string[]): Promise<void> {
  // Before anything else is loaded: to load it lets the young generation grow.
  sizeYoungGeneration();
  limitHeapGrowth();
  const { main } = await import('./main.ts');
  await main(flags);
}

import { limitHeapGrowth } from './node/heap-growth.ts';
import { sizeYoungGeneration } from './node/young-generation.ts';

// Before anything else is loaded: to load it lets the young generation grow.
sizeYoungGeneration();
limitHeapGrowth();
const { main } = await import('./node/main.ts');
await main();

import { sizeYoungGeneration } from './node/young-generation.ts';

// Before anything else is loaded: to load it lets the young generation grow.
sizeYoungGeneration();
const { main } = await import('./node/main.ts');
await main();

/*
 * `npm run soak`: many workers, an unsteady network and a service that is killed. `npm run soak -- --steady`: a steady
 * load, and what becomes of memory, descriptors and latency.
 */
if (process.argv.includes('--steady')) await import('./steady/steady.ts');
else await import('./unsteady.ts');

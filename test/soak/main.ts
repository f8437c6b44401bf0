/*
 * `npm run soak`: many workers, an unsteady network and a service that is killed. `npm run soak -- --steady`: a steady
 * load, and what becomes of memory, descriptors and latency. `npm run soak -- --busy-job`: many updates a second of one
 * job, on Workers with an object for each job.
 */
if (process.argv.includes('--busy-job')) await import('./busy-job/busy-job.ts');
else if (process.argv.includes('--steady')) await import('./steady/steady.ts');
else await import('./unsteady.ts');

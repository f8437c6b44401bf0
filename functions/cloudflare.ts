import { createWorker } from './cloudflare/entry/worker.ts';

export { JobObject } from './cloudflare/objects/job-object.ts';
export { LeaseShard } from './cloudflare/objects/lease-shard.ts';
export { PresenceObject } from './cloudflare/objects/presence-object.ts';

/** Cloudflare Workers on R2 or Workers KV. */
export default createWorker(null);

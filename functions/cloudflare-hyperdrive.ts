import { createWorker } from './cloudflare/entry/worker.ts';
import { chooseHyperdrive } from './cloudflare/hyperdrive/choose.ts';

/**
 * Cloudflare Workers on PostgreSQL, through Hyperdrive. A script of its own: it needs the flag `nodejs_compat`, and has the driver,
 * which the other one would have to load for nothing.
 */
export default createWorker(chooseHyperdrive);

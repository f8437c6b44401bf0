import type { ObjectStore } from '../../lib/store.ts';
import type { Place } from './place.ts';

/** What the runtime has in which the tests run. */
export interface Runtime {
  /** Requests may wait for each other's promises, so that a process has one repository for them all. */
  readonly keepsRepository: boolean;
  /** The medium is a folder of files. */
  readonly hasFiles: boolean;
  /** No two writes have one version, not even of the same bytes. */
  readonly distinctVersions: boolean;
  /** A store that nothing else uses. */
  openStore(): ObjectStore;
  makePlace(): Promise<Place>;
}

/** No runtime loads the modules of another. */
async function load(agent: string): Promise<Runtime> {
  if (agent.startsWith('Cloudflare-Workers')) return (await import('./runtime-workerd.ts')).workerd;
  if (agent.startsWith('Deno')) return (await import('./runtime-deno.ts')).deno;
  if (process.env['TEST_STORE'] === 'durable-objects') {
    return (await import('./shards/runtime.ts')).shards;
  }
  if (process.env['TEST_STORE'] === 'postgres') {
    return (await import('./postgres/runtime.ts')).postgres;
  }
  if (process.env['TEST_STORE'] === 's3') return (await import('./s3/runtime.ts')).s3;
  return (await import('./runtime-node.ts')).node;
}

export const runtime: Runtime = await load(navigator.userAgent);

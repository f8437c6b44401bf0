import { LEASE_KEYS } from '../../../lib/lease/lease.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { ServiceFault } from '../../../lib/stores/service/fault.ts';
import { createServiceStore, type ServiceStoreOptions } from '../../../lib/stores/service.ts';
import { Refusal } from './refusal.ts';

/**
 * Opens the store of a running service on Workers. Rejects with a `Refusal` where the service does not give it away, and with a
 * `StoreError` where one of its media does not answer: then nothing was written.
 */
export async function openService(options: ServiceStoreOptions): Promise<ObjectStore> {
  const store = createServiceStore(options);
  try {
    // The first page asks each shard. One of another number of shards refuses.
    await store.list(LEASE_KEYS)[Symbol.asyncIterator]().next();
  } catch (error) {
    if (!(error instanceof StoreError) || !(error.cause instanceof ServiceFault)) throw error;
    const advice = ADVICE[error.cause.status];
    if (advice === undefined) throw error;
    throw new Refusal(`${error.message}. ${advice}`, { cause: error });
  }
  return store;
}

const TOKEN =
  'Give an access token with the scope admin that covers all jobs, in DALSEGNO_FROM_TOKEN, DALSEGNO_TO_TOKEN or DALSEGNO_TOKEN';

const ADVICE: Readonly<Record<number, string>> = {
  401: TOKEN,
  403: TOKEN,
  404: 'It runs an earlier version, or not on Workers with R2: copy from and to its store itself',
};

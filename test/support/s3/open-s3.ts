import type { ObjectStore } from '../../../lib/store.ts';
import type { BucketAddress } from '../../../lib/stores/s3/address.ts';
import { createS3Store, type S3StoreOptions } from '../../../lib/stores/s3.ts';
import { CREDENTIALS } from './emulation.ts';

/** A store in the bucket, as another process has it. Nothing waits for a clock. */
export function openS3(address: BucketAddress, options: Partial<S3StoreOptions> = {}): ObjectStore {
  return createS3Store({
    address,
    credentials: async () => CREDENTIALS,
    fetch,
    now: Date.now,
    // On a busy machine the emulation takes that for the last of a thousand requests at once.
    timeoutMs: 60_000,
    prefix: '',
    random: () => 0,
    delay: async () => {},
    ...options,
  });
}

let prefixes = 0;

/** A part of the bucket that nothing else uses. */
export function nextPrefix(): string {
  prefixes += 1;
  return `${process.pid}/${prefixes}/`;
}

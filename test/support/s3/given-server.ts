import { randomUUID } from 'node:crypto';
import { nodeMachine } from '../../../functions/node/store/machine.ts';
import { StoreUrl } from '../../../functions/node/store/store-place.ts';
import { createCredentials } from '../../../functions/store/aws/credentials.ts';
import { addressesOf } from '../../../functions/store/open-s3.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createS3Store } from '../../../lib/stores/s3.ts';

/** A bucket on a real server, for which nothing is started here. */
export interface GivenServer {
  /** A store in a part of the bucket: one that nothing else uses, or that with this name. What is left there is below `dalsegno-suite/`. */
  open(part?: string): ObjectStore;
}

/** That of the URL in `S3_STORE`, with the credentials of the AWS tools. Null without the variable. */
export async function givenServer(): Promise<GivenServer | null> {
  const url = process.env['S3_STORE'] ?? '';
  if (url === '') return null;
  const place = StoreUrl.parse(url);
  if (place.kind !== 's3') throw new Error('S3_STORE: Expected the URL of a bucket');
  const [address, ...others] = await addressesOf(place, nodeMachine());
  const { profile, prefix } = place;
  const parts = { ...nodeMachine(), profile, fetch, now: Date.now };
  return {
    open: (part = randomUUID()) =>
      createS3Store({
        address,
        others,
        prefix: `${prefix}dalsegno-suite/${part}/`,
        credentials: createCredentials(parts),
        fetch,
        now: Date.now,
        timeoutMs: 30_000,
      }),
  };
}

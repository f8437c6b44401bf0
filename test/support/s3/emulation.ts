import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { BucketAddress } from '../../../lib/stores/s3/address.ts';
import type { S3Credentials } from '../../../lib/stores/s3/send.ts';

const BUCKET = 'states';

export const CREDENTIALS: S3Credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** A bucket of the emulated R2, behind its S3 endpoint. */
export interface S3Emulation {
  readonly address: BucketAddress;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3Emulation> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
      compatibilityDate: '2026-10-30',
      r2Buckets: { BUCKET: { id: BUCKET, s3Credentials: CREDENTIALS } },
      cf: false,
    }),
  );
  const { origin } = await miniflare.ready;
  return {
    address: {
      endpoint: `${origin}/cdn-cgi/local/r2/s3`,
      region: 'auto',
      bucket: BUCKET,
      pathStyle: true,
    },
    stop: () => miniflare.dispose(),
  };
}

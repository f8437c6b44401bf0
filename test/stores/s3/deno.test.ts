import { afterAll, expect, it } from 'vitest';
import { expectLife } from '../../deno/life.ts';
import { CREDENTIALS, startS3 } from '../../support/s3/emulation.ts';
import { nextPrefix, openS3 } from '../../support/s3/open-s3.ts';

// A server that is not ours, and looks at signatures: the R2 of the emulation behind its S3 endpoint.
const emulation = await startS3();
const { address } = emulation;

afterAll(() => emulation.stop());

it('the Deno entry on S3 keeps a job through a kill, and hands it on', async () => {
  const prefix = nextPrefix();
  const endpoint = encodeURIComponent(address.endpoint);
  const environment = {
    STORE: `s3://${address.bucket}/${prefix}?endpoint=${endpoint}&region=${address.region}`,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
  const text = `s3://${address.bucket}/${prefix} at ${address.endpoint}`;
  const { log } = await expectLife(environment, { store: openS3(address, { prefix }), text });
  const examined = expect.stringContaining('leases are granted');
  expect(log).toContainEqual(expect.objectContaining({ message: examined }));
});

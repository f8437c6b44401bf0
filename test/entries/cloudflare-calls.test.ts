import { expect, it, vi } from 'vitest';
import worker from '../../functions/cloudflare.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { type AskOptions, answerOf, initOf } from '../support/app.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';
const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };

/** A bucket that never answers one put, as one hears no more of it whose request the platform has ended. */
function silentOnce(inner: R2BucketLike) {
  const asked = Promise.withResolvers<void>();
  let isSilent = false;
  const put: R2BucketLike['put'] = (...call) => {
    if (!isSilent) return inner.put(...call);
    isSilent = false;
    asked.resolve();
    return new Promise(() => {});
  };
  return {
    bucket: { ...inner, put },
    asked: asked.promise,
    fallSilent: () => {
      isSilent = true;
    },
  };
}

it('a call does not wait for what another call of its isolate will never hear', async () => {
  vi.spyOn(console, 'info').mockReturnValue();
  const { bucket, asked, fallSilent } = silentOnce(createBucketFake());
  const token = await mintAccessToken(systemRandom.secret());
  const env = { STATE_BUCKET: bucket, ACCESS_TOKENS: `${token.sha256}:work` };
  const headers = { Authorization: `Bearer ${token.text}` };
  const ask = async (method: string, path: string, given: AskOptions) => {
    const request = new Request(`http://localhost${path}`, initOf(method, { ...given, headers }));
    return answerOf(await worker.fetch(request, env, context));
  };
  expect((await ask('POST', '/v1/jobs', { json: aState() })).status).toBe(201);
  fallSilent();
  void ask('PUT', `${JOB}/sheets/1`, { json: { status: 'in_progress' } });
  await asked;
  const updated = await ask('PUT', `${JOB}/sheets/1`, { json: { status: 'completed' } });
  expect(updated.status).toBe(200);
});

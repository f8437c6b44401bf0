import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { openEdgeService } from './edge-service.ts';

/** Copies one job that is held, with its lease, under as many ids. */
export async function fillWithRunning(bucket: R2BucketLike, count: number): Promise<void> {
  const isolate = openEdgeService(bucket).isolate();
  await isolate.create({ job_id: 'job-0' });
  await isolate.hold('job-0');
  await copyAll(bucket, count);
}

/** Copies one job of this name that waits, with its hint, under as many ids. */
export async function fillWithWaiting(
  bucket: R2BucketLike,
  { count, jobName }: { readonly count: number; readonly jobName: string },
): Promise<void> {
  await openEdgeService(bucket).isolate().create({ job_id: 'job-0', job_name: jobName });
  await copyAll(bucket, count);
}

async function copyAll(bucket: R2BucketLike, count: number): Promise<void> {
  const { objects } = await bucket.list({});
  for (const { key } of objects) {
    const object = await bucket.get(key);
    const text = new TextDecoder().decode(await object?.arrayBuffer());
    const label = object?.customMetadata?.['label'];
    const copies = Array.from({ length: count - 1 }, (_, index) => {
      const renamed = (told: string) => told.replaceAll('job-0', `job-${index + 1}`);
      const body = new TextEncoder().encode(renamed(text));
      const customMetadata = label === undefined ? {} : { label: renamed(label) };
      return bucket.put(renamed(key), body, { customMetadata });
    });
    await Promise.all(copies);
  }
}

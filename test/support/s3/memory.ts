import type { ObjectStore } from '../../../lib/store.ts';
import { createFakeS3, FAKE_ADDRESS } from './fake.ts';
import { givenServer } from './given-server.ts';
import { openS3 } from './open-s3.ts';
import { trackedStore } from './tracked-store.ts';

const given = await givenServer();

/** In the place of the store in memory, where the suite runs on S3: versions of jobs grow here too, but not on a real server. */
export function createMemoryStore(): ObjectStore {
  if (given !== null) return given.open();
  let puts = 0;
  const { fetch } = createFakeS3({
    etagOf() {
      puts += 1;
      return `"m${puts.toString(36)}"`;
    },
  });
  return trackedStore(openS3(FAKE_ADDRESS, { fetch }));
}

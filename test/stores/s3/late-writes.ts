import type { ObjectStore } from '../../../lib/store.ts';
import { createFakeS3, FAKE_ADDRESS } from '../../support/s3/fake.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

type Put = ObjectStore['put'];

/** On a server that writes only when it has looked at the conditions of all writes that are under way at the store. */
export function lateWritingStore(): ObjectStore {
  const looked: (() => void)[] = [];
  let running = 0;
  let written = 0;

  function writeAll(): void {
    if (running - written > looked.length) return;
    written += looked.length;
    for (const write of looked.splice(0)) write();
  }

  function counted(put: Put): Put {
    return async (...given) => {
      running += 1;
      const version = await put(...given);
      running -= 1;
      if (version !== null) written -= 1;
      // The store writes objects of its own within a put.
      if (running === 0) written = 0;
      writeAll();
      return version;
    };
  }

  const fake = createFakeS3({
    beforeWrite: () =>
      new Promise(resolve => {
        looked.push(resolve);
        writeAll();
      }),
  });
  const store = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
  const media = store.media?.map(medium => ({
    ...medium,
    store: { ...medium.store, put: counted(medium.store.put) },
  }));
  return {
    ...store,
    put: counted((...given) => store.put(...given)),
    ...(media === undefined ? {} : { media }),
  };
}

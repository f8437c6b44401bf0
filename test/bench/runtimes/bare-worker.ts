import type { R2Bucket } from '@cloudflare/workers-types';
import { createBareApp } from './bare-app.ts';

const app = createBareApp();

export default {
  fetch(request: Request, env: { readonly STATE_BUCKET: R2Bucket }) {
    const { STATE_BUCKET: bucket } = env;
    return app.fetch(request, {
      put: (key, body) => bucket.put(key, body),
      head: key => bucket.head(key),
      get: async key => (await bucket.get(key))?.body ?? null,
    });
  },
};

import type { R2Bucket } from '@cloudflare/workers-types';
import { createBareApp } from './bare-app.ts';

const app = createBareApp();

export default {
  fetch(request: Request, env: { readonly STATE_BUCKET: R2Bucket }) {
    return app.fetch(request, { put: (key, body) => env.STATE_BUCKET.put(key, body) });
  },
};

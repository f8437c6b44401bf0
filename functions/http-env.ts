import type { Context } from 'hono';
import type { Access } from '../lib/access/access-list.ts';

/** What a request carries through the application besides itself. */
export interface HttpEnv {
  Variables: {
    requestId: string;
    /** The job that the request is about, for its line in the log. */
    jobId: string | undefined;
    /** What the bearer may do; undefined where no access tokens are configured. */
    access: Access | undefined;
    /** The code of the failure that it was answered with. */
    code: string | undefined;
  };
}

export type HttpContext = Context<HttpEnv>;

import type { Context } from 'hono';

/** What a request carries through the application besides itself. */
export interface HttpEnv {
  Variables: {
    requestId: string;
    /** The job that the request is about, for its line in the log. */
    jobId: string | undefined;
    /** The code of the failure that it was answered with. */
    code: string | undefined;
  };
}

export type HttpContext = Context<HttpEnv>;

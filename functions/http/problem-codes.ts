import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Failure } from '../../lib/failure.ts';

interface CodeMeaning {
  readonly status: ContentfulStatusCode;
  readonly title: string;
}

/** Only the log shows it: the client is gone. */
const CLIENT_GONE = 499 as ContentfulStatusCode;

/** The status and the title of each code. */
export const MEANINGS: { readonly [Code in Failure['code']]: CodeMeaning } = {
  malformed_json: { status: 400, title: 'The body is not JSON' },
  malformed_request: { status: 400, title: 'The request is malformed' },
  unauthorized: { status: 401, title: 'The request needs an access token' },
  token_expired: { status: 401, title: 'The access token has expired' },
  forbidden: { status: 403, title: 'The access token does not allow this' },
  not_found: { status: 404, title: 'There is no such resource' },
  job_not_found: { status: 404, title: 'There is no such job' },
  presence_not_found: { status: 404, title: 'There is no such presence stream' },
  method_not_allowed: { status: 405, title: 'The resource has no such method' },
  job_exists: { status: 409, title: 'The job exists already' },
  job_id_collision: { status: 409, title: 'Another job has the same file name' },
  job_finished: { status: 409, title: 'The job is finished' },
  lease_held: { status: 409, title: 'The job is leased to another holder' },
  lease_lost: { status: 409, title: 'The lease is lost' },
  version_conflict: { status: 412, title: 'The job is not at the expected version' },
  body_too_large: { status: 413, title: 'The body is too large' },
  state_too_large: { status: 413, title: 'The state is too large' },
  body_too_slow: { status: 408, title: 'The body did not arrive in time' },
  unsupported_media_type: { status: 415, title: 'The body is of an unsupported media type' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key came with another request' },
  client_gone: { status: CLIENT_GONE, title: 'The client went away' },
  invalid: { status: 422, title: 'The request is invalid' },
  precondition_required: { status: 428, title: 'The request needs a precondition' },
  internal: { status: 500, title: 'Something went wrong inside' },
  misconfigured: { status: 500, title: 'The service is not configured' },
  state_corrupt: { status: 500, title: 'The stored state is corrupt' },
  leases_unsupported: { status: 501, title: 'The store does not support leases' },
  presence_unsupported: { status: 501, title: 'The service has no presence streams' },
  overloaded: { status: 503, title: 'The service has too much to do' },
  store_unavailable: { status: 503, title: 'The store is unavailable' },
};

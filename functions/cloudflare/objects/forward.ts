import { getLogger } from '@logtape/logtape';
import type { Pause } from '../../../lib/base/pause.ts';
import type { Random } from '../../../lib/base/random.ts';
import { systemTimers, type Timers } from '../../../lib/base/timers.ts';
import { redactCredentials } from '../../../lib/redaction/redaction.ts';
import type { Forward, Forwarded, JobRequest } from '../../services/forward.ts';
import type { JobObjectsLike } from '../bindings.ts';
import { TimeLimitError, withinTime } from '../shards/time-limit.ts';

const logger = getLogger(['dalsegno', 'objects']);

export interface ForwardOptions {
  readonly objects: JobObjectsLike;
  readonly random: Random;
  readonly pause: Pause;
  /** Those of the platform if it is left out. */
  readonly timers?: Pick<Timers, 'after'>;
}

const UNDONE: Forwarded = { kind: 'undone' };
const UNCLEAR: Forwarded = { kind: 'unclear' };

const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 100;
/** Longer than a change waits for its write and tries it. */
const LONGEST_MS = 30_000;
/** A body that is passed on as it comes takes as long as its sender does. */
const LONGEST_STREAM_MS = 120_000;

/**
 * Sends a request to the object of its job. The platform itself sends a request again that did not reach the object, so
 * what fails here has failed for longer, or on its way back. Then
 *
 * - an object that is overloaded has not begun with the request;
 * - one that does not answer in time is not asked again: the Worker answers a read, and a change is unclear;
 * - a read is sent again, and at last answered by the Worker;
 * - a change that names the version that it replaces is sent again: it is carried out once at most. If it succeeds, the
 *   first try was not carried out. If it is refused, its own first try may be the reason, so the outcome is unclear;
 * - the outcome of any other change is unclear, and its caller decides.
 */
export function createForward(
  request: Request,
  { objects, random, pause, timers = systemTimers }: ForwardOptions,
): Forward {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isRepeatable = isRead || isConditional(request.headers);

  /** Each try has a stub of its own: one that has failed stays broken. */
  function send({ name, requestId, body }: JobRequest): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.set('x-request-id', requestId);
    const { method, url, signal } = request;
    // Node sends streams only so.
    const init = { method, headers, body, signal, redirect: 'manual', duplex: 'half' } as const;
    return objects.getByName(name).fetch(new Request(url, init));
  }

  return async job => {
    let isUnclear = false;
    const milliseconds = job.body instanceof ReadableStream ? LONGEST_STREAM_MS : LONGEST_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        const response = await withinTime(send(job), { timers, milliseconds });
        return isUnclear && isRefusal(response) ? UNCLEAR : { kind: 'answered', response };
      } catch (error) {
        if (request.signal.aborted) return UNCLEAR;
        logger.warning('The object of {name} did not answer: {reason}', {
          name: job.name,
          reason: redactCredentials(error instanceof Error ? error.message : String(error)),
          request_id: job.requestId,
        });
        // What is left of a stream can be sent to nobody.
        if (job.body instanceof ReadableStream) return UNCLEAR;
        const isOverloaded = isMarkedOverloaded(error);
        isUnclear ||= !(isRead || isOverloaded);
        const isOver = isOverloaded || error instanceof TimeLimitError;
        if (isOver || !isRepeatable || tries === MOST_TRIES) {
          return isUnclear ? UNCLEAR : UNDONE;
        }
      }
      await pause(random.fraction() * FIRST_PAUSE_MS * 2 ** tries);
    }
  };
}

/** Whether the request names the version that it replaces, or that there must be none. */
function isConditional(headers: Headers): boolean {
  const match = headers.get('if-match');
  return (match !== null && match.trim() !== '*') || headers.get('if-none-match')?.trim() === '*';
}

/** Whether the answer may say no because of what the request itself has done before. */
function isRefusal({ status }: Response): boolean {
  return status >= 400 && status < 500;
}

function isMarkedOverloaded(error: unknown): boolean {
  return error instanceof Error && 'overloaded' in error && error.overloaded === true;
}

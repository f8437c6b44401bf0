import { getLogger } from '@logtape/logtape';
import { systemTimers, type Timers } from '../../../lib/base/timers.ts';
import { redactCredentials } from '../../../lib/redaction/redaction.ts';
import { createMisconfigured } from '../../http/misconfigured.ts';
import type { JobObjectsLike } from '../bindings.ts';
import { withinTime } from '../shards/time-limit.ts';

const logger = getLogger(['dalsegno', 'objects']);

/** An object that starts answers sooner. */
const LONGEST_MS = 10_000;

const unavailable = createMisconfigured({ code: 'store_unavailable', retryAfterSeconds: 1 });

/**
 * Passes the opening of a WebSocket on to the object of its stream. 503 where that fails or does not answer in time: the worker
 * opens another one.
 */
export async function passUpgradeOn(
  request: Request,
  {
    objects,
    name,
    timers = systemTimers,
  }: {
    readonly objects: JobObjectsLike;
    readonly name: string;
    readonly timers?: Pick<Timers, 'after'>;
  },
): Promise<Response> {
  try {
    const answered = objects.getByName(name).fetch(request);
    return await withinTime(answered, { timers, milliseconds: LONGEST_MS });
  } catch (error) {
    logger.warning('The object of {name} opened no stream: {reason}', {
      name,
      reason: redactCredentials(error instanceof Error ? error.message : String(error)),
    });
    return unavailable.fetch(request);
  }
}

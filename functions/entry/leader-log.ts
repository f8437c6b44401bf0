import { getLogger } from '@logtape/logtape';
import { unreachable } from '../../lib/base/unreachable.ts';
import type { LeaderEvent } from '../../lib/sweep/leader.ts';

const logger = getLogger(['dalsegno', 'sweep']);

/** Logs which of several processes sweeps, and what a person has to know of the others. */
export function logLeaderEvent(event: LeaderEvent): void {
  switch (event.kind) {
    case 'leads':
      return logger.info('This process sweeps from now on', { epoch: event.epoch });
    case 'follows':
      return logger.info('{name} sweeps, and this process does not', { name: event.name });
    case 'clock': {
      const { name, seconds } = event;
      logger.warning(
        'The clock of {name} differs from that of this machine by {seconds} s or more: leases may end too early. Synchronize the clocks',
        { name, seconds: Math.abs(seconds) },
      );
      return;
    }
    case 'error':
      return logger.error('Cannot look which process sweeps: {error}', { error: event.error });
    default:
      return unreachable(event);
  }
}

import { getLogger } from '@logtape/logtape';
import type { PresenceReport } from '../../lib/presence/lease-end.ts';

const logger = getLogger(['dalsegno', 'presence']);

/** Logs the jobs that were taken from workers whose connection broke, and errors of the store in between. */
export const logPresence: PresenceReport = happened => {
  switch (happened.kind) {
    case 'ended': {
      const { leaseKey: lease, outcome } = happened;
      logger.info('The connection of its worker broke: {lease} {outcome}', { lease, outcome });
      return;
    }
    case 'error':
      logger.error('Cannot keep the leases of a stream: {error}', { error: happened.error });
      return;
    default:
      happened satisfies never;
  }
};

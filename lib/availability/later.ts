import { millisBetween } from '../lease/rules.ts';
import type { Availability } from './availability.ts';

/** Of two records of interruptions the one that gives a lease more time. They share their missed renewals. */
export function createLaterAvailability(first: Availability, second: Availability): Availability {
  return {
    async getReachability(now) {
      const known = await Promise.all([first.getReachability(now), second.getReachability(now)]);
      return {
        graceEndOf(leaseKey, lease) {
          const [one = null, other = null] = known.map(each => each.graceEndOf(leaseKey, lease));
          if (one === null || other === null) return one ?? other;
          return millisBetween(one, other) > 0 ? other : one;
        },
      };
    },

    recordMissedRenewal: (leaseKey, now) => first.recordMissedRenewal(leaseKey, now),
  };
}

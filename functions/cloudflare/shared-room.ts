import type { Clock } from '../../lib/base/clock.ts';
import { createIntake, type Intake, type IntakeLimits, type Ticket } from '../http/intake.ts';

/** Requests of different jobs that are in flight in one isolate, for each that one job may have. */
const JOBS_AT_ONCE = 4;

/** Longer than a request takes. */
const LONGEST_MS = 120_000;

/**
 * The room of all objects of an isolate: bytes as a Worker has them, and more requests, because those of a job wait for its
 * next write. An object that is reset gives nothing back, so room is taken back after two minutes.
 */
export function createSharedRoom({ requests, bytes }: IntakeLimits, clock: Clock): Intake {
  const room = createIntake({ requests: JOBS_AT_ONCE * requests, bytes });
  /** The oldest first. */
  const taken = new Map<Ticket, number>();

  function takeBack(): void {
    for (const [ticket, at] of taken) {
      if (clock.millis() - at < LONGEST_MS) return;
      ticket.leave();
      taken.delete(ticket);
    }
  }

  return {
    ...room,
    enter(request) {
      takeBack();
      const ticket = room.enter(request);
      if (ticket === null) return null;
      taken.set(ticket, clock.millis());
      return {
        ...ticket,
        leave() {
          ticket.leave();
          taken.delete(ticket);
        },
      };
    },
  };
}

/** The room of one object: a number of requests of its own, within what all objects of the isolate share. */
export function createObjectRoom({ requests }: IntakeLimits, shared: Intake): Intake {
  const own = createIntake({ requests, bytes: Number.POSITIVE_INFINITY });
  return {
    ...shared,
    enter(request) {
      const place = own.enter(request);
      if (place === null) return null;
      const ticket = shared.enter(request);
      if (ticket === null) {
        place.leave();
        return null;
      }
      return {
        ...ticket,
        leave() {
          ticket.leave();
          place.leave();
        },
      };
    },
  };
}

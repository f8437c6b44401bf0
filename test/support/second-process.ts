import type { Clock } from '../../lib/base/clock.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { type AppClient, openApp } from './app.ts';
import { frozenClock } from './clock.ts';

/** A client of a second application on the same store; unlike the first in what it takes for chance. */
export function openSecondProcess(
  store: ObjectStore,
  clock: Clock = frozenClock(),
): Pick<AppClient, 'ask'> {
  return openApp({ store, clock, seed: 2 });
}

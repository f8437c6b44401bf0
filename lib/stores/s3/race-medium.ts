import type { StoreMedium } from '../../store.ts';
import type { S3Objects } from './objects.ts';

/** A server that looks at a condition and writes later lets some of so many win. */
const RACERS = 8;
/** One that does so now and then, or for some keys, is found sooner. */
const RACES = 4;

/**
 * The bucket as the examination sees it: its writers come through all endpoints in turn, and what they wrote is read through the
 * last one.
 */
export function raceMedium(endpoints: readonly [S3Objects, ...S3Objects[]]): StoreMedium {
  const [first] = endpoints;
  const last = endpoints.at(-1) ?? first;
  let puts = 0;
  return {
    name: endpoints.length === 1 ? 'the bucket' : `${endpoints.length} endpoints of the bucket`,
    racers: RACERS,
    races: RACES,
    isOneCall: false,
    keyFrom: key => key,
    store: {
      get: key => last.get(key),
      put(key, body, precondition, label) {
        puts += 1;
        const writer = endpoints[puts % endpoints.length] ?? first;
        return writer.put({ key, body, precondition, label: label ?? null });
      },
      delete: (key, precondition) => first.delete(key, precondition),
    },
  };
}

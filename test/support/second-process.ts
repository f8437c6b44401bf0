import { createFetch } from '../../functions/app.ts';
import type { Clock } from '../../lib/clock.ts';
import { createMemory } from '../../lib/memory.ts';
import { createRepository } from '../../lib/repository.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { type AppClient, answerOf, initOf } from './app.ts';
import { frozenClock } from './clock.ts';
import { seededRandom } from './random.ts';

/** A client of a second application on the same store; unlike the first in what it takes for chance. */
export function openSecondProcess(
  store: ObjectStore,
  clock: Clock = frozenClock(),
): Pick<AppClient, 'ask'> {
  const random = seededRandom(2);
  const repository = createRepository({
    store,
    clock,
    random,
    memory: createMemory({ cacheBytes: 1 << 22 }),
  });
  const fetch = createFetch({ ...repository, bodyLimitBytes: 1 << 25, access: null });
  return {
    async ask(method, path, given = {}) {
      const request = new Request(`http://localhost${path}`, initOf(method, given));
      return answerOf(await fetch(request));
    },
  };
}

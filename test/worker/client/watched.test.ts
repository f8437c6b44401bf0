import { expect, it } from 'vitest';
import { createWatchedClient } from '../../../lib/worker/client/client.ts';
import { manualTiming, turns } from '../manual-timing.ts';
import { lost, type Reply, scriptedService, silence } from '../scripted-service.ts';

function watched(reply: Reply) {
  const errors: unknown[] = [];
  const client = createWatchedClient(
    {
      url: 'http://service.test',
      fetch: scriptedService(reply).fetch,
      timing: manualTiming({ settle: turns }),
      retries: 0,
    },
    { onTry: error => errors.push(error), isBatched: false },
  );
  const stop = new AbortController();
  const claim = client.claim({ holder: 'w-1', waitSeconds: 20 }, { signal: stop.signal });
  return { errors, stop, claim };
}

it('a claim that the caller gives up while it waits says nothing about the service', async () => {
  const { errors, stop, claim } = watched(silence());
  stop.abort();
  await expect(claim).rejects.toThrow(/it was aborted/);
  expect(errors).toEqual([]);
});

it('a claim that is not answered does', async () => {
  const { errors, claim } = watched(lost());
  await expect(claim).rejects.toThrow(/got no answer/);
  expect(errors).toHaveLength(1);
});

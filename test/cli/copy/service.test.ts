import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { openApp } from '../../support/app.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';
import { tokensOf } from '../../support/tokens.ts';
import { furnished, run } from './command.ts';

const tokens = await tokensOf({ all: 'admin', work: 'work' });

/** The URL of a service with a store of its own. */
async function startService(): Promise<string> {
  const app = openApp({ store: createMemoryStore(), servesObjects: true, access: tokens.list });
  const server = serve({ fetch: request => app.fetch(request), hostname: '127.0.0.1', port: 0 });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `service:http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tokenNamed(name: 'all' | 'work'): string {
  return tokens.textOf(name);
}

it('dalsegno copy goes through a service and back', async () => {
  const from = await furnished();
  const back = join(await makeTemporaryFolder(), 'back');
  const service = await startService();
  const there = await run(['--from', `file:${from.path}`, '--to', service], {
    environment: { DALSEGNO_TO_TOKEN: tokenNamed('all') },
  });
  expect([there.code, there.stdout]).toEqual([0, expect.stringMatching(/^verified +2 of 2$/m)]);
  const again = await run(['--from', service, '--to', `file:${back}`], {
    environment: { DALSEGNO_TOKEN: tokenNamed('all') },
  });
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^verified +2 of 2$/m)]);
});

it('dalsegno copy exits with 2 where the token is not that of an operator', async () => {
  const from = await furnished();
  const refused = await run(['--from', `file:${from.path}`, '--to', await startService()], {
    environment: { DALSEGNO_TOKEN: tokenNamed('work') },
  });
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining('Give an access token with the scope admin'),
  ]);
});

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../functions/app.ts';
import { systemClock } from '../lib/clock.ts';
import { systemRandom } from '../lib/random.ts';
import { createRepository } from '../lib/repository.ts';
import { createMemoryStore } from '../lib/stores/memory.ts';

const run = promisify(execFile);
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const session = /```console\n([^`]*)```/.exec(readme)?.[1] ?? '';
const calls = session
  .split(/^\$ /m)
  .slice(1)
  .map(call => {
    const [command = '', ...shown] = call.trimEnd().split('\n');
    return { command, shown: shown.join('\n') };
  });

/** Times, versions and request ids differ from run to run. */
function steady(answer: string): string {
  return answer
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/"version":"[^"]*"/g, '"version":"<version>"')
    .replaceAll(/"request_id":"[^"]*"/g, '"request_id":"<id>"');
}

describe('the session in the README', () => {
  const repository = createRepository({
    store: createMemoryStore(),
    clock: systemClock,
    random: systemRandom,
    cacheBytes: 1 << 20,
  });
  const app = createApp({ repository, bodyLimitBytes: 1 << 20 });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });

  beforeAll(async () => {
    if (!server.listening) await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
  });

  it('has six calls', () => {
    expect(calls).toHaveLength(6);
  });

  it.each(calls)('$command', async ({ command, shown }) => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { stdout } = await run('sh', ['-c', command.replace(':8787', `:${port}`)]);
    expect(steady(stdout.trimEnd())).toBe(steady(shown));
  });
});

import { expect, it, vi } from 'vitest';
import type { WorkerEnv } from '../../functions/cloudflare/isolate.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';

const unused = (): Promise<never> => Promise.reject(new Error('unused'));

it('siteOf() names the streams of workers in the log where they alone are bound', async () => {
  // An isolate opens its site once.
  vi.resetModules();
  const { siteOf } = await import('../../functions/cloudflare/isolate.ts');
  const lines: string[] = [];
  const note = (line: unknown) => void lines.push(String(line));
  for (const level of ['info', 'log', 'warn'] as const) {
    vi.spyOn(console, level).mockImplementation(note);
  }
  const env: WorkerEnv = {
    STATE_BUCKET: createBucketFake(),
    PRESENCE_OBJECTS: { getByName: () => ({ fetch: unused, learn: unused }) },
  };
  const site = siteOf(env);
  vi.restoreAllMocks();
  expect(site).toMatchObject({ deployment: 'presence-objects', bindings: ['PRESENCE_OBJECTS'] });
  expect(lines.join('\n')).toContain('PRESENCE_OBJECTS is bound, so workers may keep leases');
});

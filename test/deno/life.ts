import { tmpdir } from 'node:os';
import { expect } from 'vitest';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { type ObjectStore, UNCONDITIONAL } from '../../lib/store.ts';
import { type DenoProcess, startDenoService } from '../entries/deno-process.ts';
import { claim, update } from '../support/leasing.ts';
import { aState } from '../support/state.ts';

/**
 * A job in the Deno entry on this store: claimed and updated, its service killed and started again, its lease expired and swept,
 * and claimed again. `store` is the same store, beside the service.
 * Returns the first service.
 */
export async function expectLife(
  environment: Readonly<Record<string, string>>,
  { store, text }: { readonly store: ObjectStore; readonly text: string },
): Promise<DenoProcess> {
  const token = await mintAccessToken(systemRandom.secret());
  const start = () => startDenoService({ folder: tmpdir(), token, environment });
  const first = await start();
  expect((await first.ask('GET', '/readyz')).json).toMatchObject({
    store: store.traits.name,
    leases: true,
  });
  await first.ask('POST', '/v1/jobs', { json: aState() });
  const held = await claim(first);
  expect((await update(first, 1, 'completed', held)).status).toBe(200);
  const metrics = async () => (await first.ask('GET', '/metrics')).text;
  await expect.poll(metrics).toContain('dalsegno_sweep_leader 1');
  await first.stop('SIGKILL');

  const second = await start();
  await expireLeases(store);
  expect((await second.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1 });
  const again = await claim(second, { holder: 'w-2' });
  expect(again.answer.json).toMatchObject({ lease: { epoch: 2 }, next_sheet: 2 });
  expect((await update(second, 2, 'completed', held)).json).toMatchObject({ code: 'lease_lost' });
  expect(await second.stop('SIGTERM')).toBe(0);
  for (const { log } of [first, second]) {
    expect(log).toContainEqual(expect.objectContaining({ store: text }));
    expect(JSON.stringify(log)).not.toMatch(/geheim|wJalrXUtnFEMI/);
  }
  return first;
}

const LONG_AGO = '2026-03-01T00:00:00.000000Z';

/** As a take-over that broke off left them in March: one that is over by the clock alone gets a ttl from the start of a service. */
export async function expireLeases(store: ObjectStore): Promise<void> {
  for await (const { key } of store.list('leases/')) {
    const lease = await store.get(key);
    const kept = JSON.parse(new TextDecoder().decode(lease?.body));
    const times = { acquired_at: LONG_AGO, renewed_at: LONG_AGO, expires_at: LONG_AGO };
    const expired = JSON.stringify({ ...kept, ...times, expired: true });
    await store.put(key, new TextEncoder().encode(expired), UNCONDITIONAL);
  }
}

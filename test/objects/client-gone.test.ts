import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createJob } from './client.ts';
import { controls, resetControls } from './controlled-bucket.ts';

beforeEach(() => {
  vi.spyOn(console, 'info').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(resetControls);

/** A request whose client goes away at its first put, which then goes on. */
async function askAndLeave(ask: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const aborting = new AbortController();
  let isReached = false;
  let isGone = false;
  controls.beforePut = async () => {
    controls.beforePut = null;
    isReached = true;
    // An object may not wait for a promise of the test.
    await vi.waitFor(() => expect(isGone).toBe(true), { interval: 5, timeout: 60_000 });
  };
  const asked = ask(aborting.signal);
  await vi.waitFor(() => expect(isReached).toBe(true), { interval: 5, timeout: 60_000 });
  aborting.abort();
  await asked;
  isGone = true;
}

it('a change goes on in the object when its client goes away', async () => {
  const { client, path } = await createJob();
  await askAndLeave(signal =>
    client.ask('PUT', `${path}/sheets/1`, { json: { status: 'completed' }, signal }),
  );
  await vi.waitFor(
    async () =>
      expect((await client.ask('GET', path)).json).toMatchObject({ last_completed_sheet: 1 }),
    { timeout: 60_000 },
  );
});

it('a grant is taken back when its client goes away before the answer', async () => {
  const { client, path } = await createJob();
  await askAndLeave(signal =>
    client.ask('POST', `${path}/lease`, { json: { holder: 'w-1' }, signal }),
  );
  await vi.waitFor(
    async () => {
      const { json } = await client.ask('GET', path);
      expect(json).toMatchObject({
        dalsegno: { lease: null, history: [{ event: 'granted' }, { event: 'released' }] },
      });
    },
    { timeout: 60_000 },
  );
});

import { expect, it, onTestFinished } from 'vitest';
import { readDenoConfig } from '../../functions/deno/config.ts';
import { type DenoSite, openDenoSite } from '../../functions/deno/service.ts';
import { createProcessAvailability } from '../../lib/availability/process.ts';
import { systemClock } from '../../lib/base/clock.ts';
import { LEADER_KEY } from '../../lib/sweep/leader-record.ts';
import { collect } from '../conformance/write.ts';
import { type AskOptions, answerOf, initOf } from '../support/app.ts';
import { claim, storedText, update } from '../support/leasing.ts';
import { dropSchema, nextSchema, openStore, serverUrl } from '../support/postgres/open-store.ts';
import { aState } from '../support/state.ts';
import { expireLeases } from './life.ts';

/** Steady time that a test moves, and the looks of one process, which it lets begin. */
function createLooks(time: { ms: number }) {
  let due: (() => void) | null = null;
  return {
    timers: {
      elapsedMs: () => time.ms,
      after(_milliseconds: number, callback: () => void) {
        due = callback;
        return () => void (due = null);
      },
    },
    /** Lets the next look begin, once the one before has ended, and waits for its end. */
    async look(): Promise<void> {
      await expect.poll(() => due).not.toBeNull();
      const begin = due;
      due = null;
      begin?.();
      await expect.poll(() => due).not.toBeNull();
    },
  };
}

function clientOf(site: DenoSite) {
  return {
    ask: async (method: string, path: string, options: AskOptions = {}) =>
      answerOf(await site.fetch(new Request(`http://localhost${path}`, initOf(method, options)))),
  };
}

it('a sweep of the Deno service also looks who leads, is left out where another process does, and is made up by the one that takes over', async () => {
  const schema = nextSchema();
  const store = openStore(schema);
  onTestFinished(async () => {
    await store.close();
    await dropSchema(schema);
  });
  const read = readDenoConfig(
    name => (name === 'STORE' ? `${serverUrl()}?schema=${schema}` : undefined),
    false,
  );
  if (read.kind === 'refused') throw new TypeError(read.faults.join());
  const { config } = read;
  const time = { ms: 1_000 };
  async function open(looks: ReturnType<typeof createLooks>): Promise<DenoSite> {
    const availability = createProcessAvailability(systemClock);
    return openDenoSite({ config, availability, access: null, timers: looks.timers });
  }
  const [looksOfFirst, looksOfSecond] = [createLooks(time), createLooks(time)];
  const first = await open(looksOfFirst);
  await first.sweep();
  expect(JSON.parse(await storedText(store, LEADER_KEY))).toMatchObject({ epoch: 1 });

  const second = await open(looksOfSecond);
  // It has seen no other one yet.
  await second.sweep();
  time.ms += 15_000;
  await looksOfFirst.look();
  await looksOfSecond.look();
  await clientOf(first).ask('POST', '/v1/jobs', { json: aState() });
  const held = await claim(clientOf(first));
  await update(clientOf(first), 1, 'in_progress', held);
  await expireLeases(store);
  await second.sweep();
  expect(await collect(store.list('leases/'))).toHaveLength(1);

  await first.close();
  time.ms += 15_000;
  await looksOfSecond.look();
  await expect.poll(() => collect(store.list('leases/'))).toHaveLength(0);
  const { json } = await clientOf(second).ask('GET', '/v1/jobs/job-1');
  expect(json).toMatchObject({ status: 'paused', dalsegno: { lease: null, recoveries: 1 } });
  await second.close();
});

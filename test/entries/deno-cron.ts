/**
 * Runs under Deno: the entry, with the declaration of its cron taken down in place of being carried out. What
 * was declared is then called, as the platform would, upon a job whose worker died in March. Says what it saw.
 */
import { createFetch } from '../../functions/app.ts';
import type { DenoApi } from '../../functions/deno/api.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { frozenClock } from '../support/clock.ts';

declare const Deno: DenoApi;

interface Declared {
  readonly name: string;
  readonly schedule: string;
  readonly handler: () => Promise<void>;
}

const declared: Declared[] = [];
Object.defineProperty(Deno, 'cron', {
  value: (name: string, schedule: string, handler: () => Promise<void>) => {
    declared.push({ name, schedule, handler });
    return Promise.resolve();
  },
});

const kv = await Deno.openKv(`${Deno.env.get('STATE_DIR')}/kv.sqlite3`);
const clock = frozenClock();
const store = createDenoKvStore({ kv, random: systemRandom, now: () => clock.millis() });
const memory = createProcessMemory({ cacheBytes: 1 << 20 });
const repository = createRepository({ store, clock, random: systemRandom, memory });
const fetch = createFetch({
  ...repository,
  bodyLimitBytes: 1 << 20,
  access: null,
  doctorKeys: 1001,
});
await ask('POST', '/v1/jobs', { job_id: 'dead', job_name: 'dead', total_sheets: 2 });
await ask('POST', '/v1/jobs/dead/lease', { holder: 'w-1' });
// A take-over that broke off: a lease that is only over by the clock would get one ttl from the start of the entry.
for await (const { key } of store.list('leases/')) {
  const lease = await store.get(key);
  const updated = { ...JSON.parse(new TextDecoder().decode(lease?.body)), expired: true };
  await store.put(key, new TextEncoder().encode(JSON.stringify(updated)), UNCONDITIONAL);
}
// What a writer has left behind that died in March, half-way through a large body.
await kv.set(['u', 'deadbeef.70000'], new TextEncoder().encode(String(clock.millis())));
await kv.set(['c', 'deadbeef', 0], new Uint8Array(100));

await import('../../functions/deno.ts');
for (const { handler } of declared) await handler();

const { status, error_message: message } = await ask('GET', '/v1/jobs/dead');
const leftovers = [];
for await (const { key } of kv.list({ prefix: ['c'] })) leftovers.push(key);
for await (const { key } of kv.list({ prefix: ['u'] })) leftovers.push(key);
const crons = declared.map(({ name, schedule }) => ({ name, schedule }));
console.log(JSON.stringify({ seen: { crons, status, message, leftovers } }));
Deno.exit(0);

async function ask(method: string, path: string, json?: unknown): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/json' };
  const body = json === undefined ? {} : { body: JSON.stringify(json) };
  const answer = await fetch(new Request(`http://localhost${path}`, { method, headers, ...body }));
  return answer.json();
}

import { type CopyOptions, copyJobs } from '../../lib/copy/copy.ts';
import type { CopyReport } from '../../lib/copy/report.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { acquire, type Held, keysOf, write } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

/** A store with jobs of every kind, and the holder of the held one. */
export interface FurnishedStore {
  readonly store: ObjectStore;
  readonly clock: MovableClock;
  readonly app: AppClient;
  readonly held: Held;
}

const FOLDERS = ['jobs/', 'ready/', 'leases/', 'lapses/', 'copied/'];

/** Two waiting jobs, a finished, a paused, a held one, two zombies and a corrupt one: eight. */
export async function furnish(store: ObjectStore = createMemoryStore()): Promise<FurnishedStore> {
  const clock = frozenClock();
  const app = openApp({ store, clock });
  const names = ['waiting', 'lapsed', 'done', 'paused', 'zombie', 'stray', 'held'];
  for (const job_id of names) await app.create({ job_id, total_sheets: 1 });
  await app.ask('PUT', '/v1/jobs/done/sheets/1', { json: { status: 'completed' } });
  await app.ask('POST', '/v1/jobs/paused/pause');
  // Recovered by a sweep: it waits with a hint, and has an expired lease record.
  await acquire(app, { path: '/v1/jobs/lapsed', ttl_seconds: 5 });
  clock.advance(6_000);
  await app.ask('POST', '/v1/sweep');
  await acquire(app, { path: '/v1/jobs/zombie', ttl_seconds: 5 });
  const stray = await acquire(app, { path: '/v1/jobs/stray', ttl_seconds: 5 });
  const held = await acquire(app, { path: '/v1/jobs/held', ttl_seconds: 3600 });
  clock.advance(6_000);
  await store.delete(stray.key, { kind: 'none' });
  await write(store, 'jobs/broken.json', '{"job_id": "bro');
  return { store, clock, app, held };
}

/** Copies with default options. */
export function copy(
  options: Pick<CopyOptions, 'source' | 'target' | 'clock'> & Partial<CopyOptions>,
): Promise<CopyReport> {
  return copyJobs({
    random: seededRandom(7),
    held: false,
    overwrite: false,
    others: false,
    ...options,
  });
}

/** Every object of a store, as text. */
export async function contentsOf(
  store: ObjectStore,
  folders: readonly string[] = FOLDERS,
): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const folder of folders) {
    for (const key of await keysOf(store, folder)) {
      const object = await store.get(key);
      contents[key] = Buffer.from(object?.body ?? []).toString('latin1');
    }
  }
  return contents;
}

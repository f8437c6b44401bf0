/**
 * The service as a library: the application, its parts and the stores that need no file system. It loads on Node, Deno
 * and Workers. The file store is `dalsegno/file-store`.
 */

export { type AccessList, readAccessList } from '../lib/access/access-list.ts';
export { type Clock, systemClock } from '../lib/base/clock.ts';
export { type Random, systemRandom } from '../lib/base/random.ts';
export type { StateLimits } from '../lib/checkpoint/limits.ts';
export {
  createRepository,
  type Repository,
  type RepositoryOptions,
} from '../lib/service/service.ts';
export { createProcessMemory, type ProcessMemory } from '../lib/storage/process-memory.ts';
export { type ObjectStore, StoreError } from '../lib/store.ts';
export { createDenoKvStore } from '../lib/stores/deno-kv.ts';
export { createMemoryStore } from '../lib/stores/memory.ts';
export { createR2Store } from '../lib/stores/r2.ts';
export { createWorkersKvStore } from '../lib/stores/workers-kv.ts';
export { createApp, createFetch } from './app.ts';
export type { HttpEnv, Services } from './http/env.ts';
export { createIntake, type Intake, type IntakeLimits } from './http/intake.ts';

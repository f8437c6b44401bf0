import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFetch } from '../../functions/app.ts';
import { createMemory } from '../../lib/memory.ts';
import { systemRandom } from '../../lib/random.ts';
import { createRepository } from '../../lib/repository.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { fromUnixMicros, toUnixMicros } from '../../lib/timestamp.ts';
import { RECORDED_AT } from './recording.ts';

/** The service on a folder of its own, its clock frozen at the instant of the recordings. */
export interface StateFolder {
  write(name: string, body: Uint8Array | string): Promise<void>;
  read(name: string): Promise<string>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
}

interface RequestOptions {
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

export async function openStateFolder(): Promise<StateFolder> {
  const directory = await mkdtemp(join(tmpdir(), 'dalsegno-recordings-'));
  const store = await createFileStore({ directory, now: Date.now, random: Math.random });
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  const now = fromUnixMicros(toUnixMicros(RECORDED_AT as never));
  if (now === null) throw new RangeError('The recorded instant is out of range');
  const clock = { now: () => now, millis: () => Date.parse(RECORDED_AT) };
  const repository = createRepository({
    store,
    clock,
    random: systemRandom,
    memory: createMemory({ cacheBytes: 1 << 20 }),
  });
  const fetch = createFetch({ ...repository, bodyLimitBytes: 1 << 25, access: null });

  return {
    write: (name, body) => writeFile(join(directory, name), body),
    read: name => readFile(join(directory, name), 'utf8'),
    async request(method, path, { body, headers = {} } = {}) {
      const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const init = { method, headers: { ...type, ...headers } };
      return fetch(
        new Request(`http://localhost${path}`, body === undefined ? init : { ...init, body }),
      );
    },
  };
}

import { createFetch } from '../../functions/app.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { fromUnixMicros, toUnixMicros } from '../../lib/base/timestamp.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { runtime } from '../support/runtime.ts';
import { RECORDED_AT } from './recording.ts';

/** The service on a place of its own, its clock frozen at the instant of the recordings. */
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
  const place = await runtime.makePlace();
  const store = await place.open();
  const now = fromUnixMicros(toUnixMicros(RECORDED_AT as never));
  if (now === null) throw new RangeError('The recorded instant is out of range');
  const clock = { now: () => now, millis: () => Date.parse(RECORDED_AT) };
  const repository = createRepository({
    store,
    clock,
    random: systemRandom,
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
  });
  const fetch = createFetch({
    ...repository,
    bodyLimitBytes: 1 << 25,
    access: null,
    doctorKeys: 1001,
  });

  return {
    write: (name, body) => place.write(name, body),
    read: name => place.read(name),
    async request(method, path, { body, headers = {} } = {}) {
      const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const init = { method, headers: { ...type, ...headers } };
      return fetch(
        new Request(`http://localhost${path}`, body === undefined ? init : { ...init, body }),
      );
    },
  };
}

import { createFetch } from '../../../functions/app.ts';
import type { Repository } from '../../../lib/service/service.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createCountingStore } from '../../support/counting-store.ts';
import { openRepository, openStore } from '../jobs/job-folder.ts';
import { sampleOf } from '../measure/sample.ts';
import type { Step } from './series.ts';

/** The application in this process on a folder, whose calls of the store are counted. */
export interface CountedService {
  readonly repository: Repository;
  readonly store: ObjectStore;
  ask(method: string, path: string, sent?: Sent): Promise<string>;
  /** A step of a series: the work, measured and counted. */
  step(at: number, work: () => Promise<unknown>): Step;
  close(): Promise<void>;
}

export interface Sent {
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

export async function openCountedService(folder: string): Promise<CountedService> {
  const inner = await openStore(folder);
  const counting = createCountingStore(inner);
  const repository = openRepository(counting.store);
  const fetch = createFetch({
    ...repository,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    access: null,
    doctorKeys: 1001,
  });
  return {
    repository,
    store: inner,
    async ask(method, path, { body, json, headers = {} } = {}) {
      const sent = json === undefined ? body : JSON.stringify(json);
      const request = new Request(`http://localhost${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', Prefer: 'return=minimal', ...headers },
        ...(sent === undefined ? {} : { body: sent }),
      });
      const answer = await fetch(request);
      const bytes = await answer.arrayBuffer();
      if (answer.ok) return bytes.byteLength < TEXT_BYTES ? new TextDecoder().decode(bytes) : '';
      throw new Error(`${method} ${path} was a ${answer.status}: ${decoded(bytes)}`);
    },
    step(at, work) {
      return {
        at,
        measure: millis => sampleOf(work, { millis }),
        async countOperations() {
          // The first time reads what the later ones remember.
          await work();
          counting.takeCalls();
          await work();
          return counting.takeCalls().length;
        },
      };
    },
    close: () => inner.close(),
  };
}

/** Larger answers are read, and not made a text of. */
const TEXT_BYTES = 10_000;

function decoded(bytes: ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}
